// Which 64-bit values of a function are certainly below 2^32: an abstract run over its instructions. A 486 multiplies two such values by one
// `mul`; anything wider needs three. Values that come out of a block are taken as wide.

import { type Func, type Module, type Op, ops } from "./wasm.ts";

/** An operand: below 2^32 or not, and its value where it is a constant. */
interface Value { narrow: boolean; value?: bigint }
const WIDE: Value = { narrow: false };
const NARROW: Value = { narrow: true };
interface Block { height: number; params: number; results: number }

/** Byte offsets of the multiplications of f that have a wide operand. */
export function wideMultiplications(m: Module, f: Func): number[] {
  const locals = f.locals.map((t, i) => t === "i64" && i >= f.type.params.length);
  for (;;) {
    const before = locals.join();
    const found = new Run(m, f, locals).all();
    if (locals.join() === before) return found;
  }
}

/** One pass over a function; clears the flag of each local that is given a wide value. */
class Run {
  private stack: Value[] = [];
  private blocks: Block[] = [];
  private found: number[] = [];

  constructor(private readonly m: Module, private readonly f: Func, private readonly locals: boolean[]) {}

  all(): number[] {
    this.blocks.push({ height: 0, params: 0, results: this.f.type.results.length });
    for (const op of ops(this.m, this.f)) this.step(op);
    return this.found;
  }

  private pop(): Value {
    const floor = this.blocks.at(-1)?.height ?? 0;
    return this.stack.length > floor ? this.stack.pop()! : WIDE; // below the floor: unreachable code
  }
  private popN(n: number): void { while (n-- > 0) this.pop(); }
  private push(v: Value = WIDE, n = 1): void { while (n-- > 0) this.stack.push(v); }
  private effect(pops: number, pushes: number): void { this.popN(pops); this.push(WIDE, pushes); }

  private step(op: Op): void {
    const c = op.code, i = op.imm[0] as number;
    if (c <= 0x11) this.control(op);
    else if (c === 0x1a) this.pop();
    else if (c === 0x1b || c === 0x1c) { this.pop(); const b = this.pop(), a = this.pop(); this.push(a.narrow && b.narrow ? NARROW : WIDE); }
    else if (c === 0x20) this.push(this.locals[i] ? NARROW : WIDE);
    else if (c === 0x21 || c === 0x22) { const v = this.pop(); if (!v.narrow) this.locals[i] = false; if (c === 0x22) this.push(v); }
    else if (c === 0x23 || c === 0x3f || c === 0x43 || c === 0x44) this.push();
    else if (c === 0x24) this.pop();
    else if (c === 0x26) this.popN(2);
    else if (c === 0x31 || c === 0x33 || c === 0x35 || c === 0xad) { this.pop(); this.push(NARROW); }
    else if (c >= 0x36 && c <= 0x3e) this.popN(2);
    else if (c === 0x41) this.push();
    else if (c === 0x42) { const v = BigInt(op.imm[0]); this.push({ narrow: v >= 0n && v < 1n << 32n, value: v }); }
    else if (c >> 8 === 0xfc) { if ((c & 255) < 8) this.effect(1, 1); else if ((c & 255) !== 9 && (c & 255) !== 13) this.popN(3); }
    else if (isBinary(c)) this.binary(op);
    else this.effect(1, 1);
  }

  private binary(op: Op): void {
    const b = this.pop(), a = this.pop();
    if (op.code === 0x7e && !(a.narrow && b.narrow)) this.found.push(op.at);
    let narrow = false;
    if (op.code === 0x83) narrow = a.narrow || b.narrow;                                    // and
    else if (op.code === 0x84 || op.code === 0x85) narrow = a.narrow && b.narrow;           // or, xor
    else if (op.code === 0x88) narrow = a.narrow || (b.value !== undefined && (b.value & 63n) >= 32n); // shr_u
    this.push(narrow ? NARROW : WIDE);
  }

  private control(op: Op): void {
    const c = op.code, i = op.imm[0] as number;
    if (c >= 0x02 && c <= 0x04) {
      if (c === 0x04) this.pop();
      const t = i >= 0 ? this.m.types[i] : undefined, params = t?.params.length ?? 0;
      this.blocks.push({ height: this.stack.length - params, params, results: t ? t.results.length : i === -64 ? 0 : 1 });
    } else if (c === 0x05) {
      const b = this.blocks.at(-1)!;
      this.stack.length = Math.max(0, b.height);
      this.push(WIDE, b.params);
    } else if (c === 0x0b) {
      const b = this.blocks.pop()!;
      this.stack.length = Math.max(0, b.height);
      this.push(WIDE, b.results);
    } else if (c === 0x0d || c === 0x0e) {
      this.pop();
      if (c === 0x0e) this.dead();
    } else if (c === 0x10 || c === 0x11) {
      const t = c === 0x11 ? this.m.types[i] : callee(this.m, i);
      this.effect(t.params.length + (c === 0x11 ? 1 : 0), t.results.length);
    } else if (c === 0x00 || c === 0x0c || c === 0x0f) this.dead();
  }

  private dead(): void { this.stack.length = Math.max(0, this.blocks.at(-1)?.height ?? 0); }
}

/** Comparisons and arithmetic of two operands. */
function isBinary(c: number): boolean {
  return (c >= 0x46 && c <= 0x4f) || (c >= 0x51 && c <= 0x66) || (c >= 0x6a && c <= 0x78) || (c >= 0x7c && c <= 0x8a) || (c >= 0x92 && c <= 0x98) || (c >= 0xa0 && c <= 0xa6);
}

function callee(m: Module, index: number) {
  const imported = m.imports.filter(i => i.kind === "function");
  return index < imported.length ? imported[index].type! : m.funcs[index - imported.length].type;
}
