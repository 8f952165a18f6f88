// Reads a WebAssembly binary (core 1.0 with sign extension, saturating conversions and bulk memory): sections, names, and the instructions of each
// function with their place in the file. What else it meets is given as an instruction with its prefix, so that a check can refuse it.

export interface FuncType { params: string[]; results: string[] }
export interface Import { module: string; name: string; kind: string; type?: FuncType }
export interface Op {
  /** Byte offset in the file. */
  at: number;
  /** Opcode; with a prefix byte, prefix << 8 | opcode. */
  code: number;
  /** Immediates: indices, constants (i32 as number, i64 as bigint), branch targets. */
  imm: (number | bigint)[];
}
export interface Func { index: number; name: string; type: FuncType; locals: string[]; from: number; to: number }
export interface Module {
  bytes: Uint8Array;
  types: FuncType[];
  imports: Import[];
  exports: { name: string; kind: number; index: number }[];
  /** Functions of the module itself; their indices begin after the imported ones. */
  funcs: Func[];
  /** Functions in the table, for indirect calls. */
  table: number[];
  hasStart: boolean;
  memory?: { min: number; max?: number };
  codeBytes: number;
}

const TYPES: Record<number, string> = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128", 0x70: "funcref", 0x6f: "externref" };

/** A cursor over the file's bytes. */
class Reader {
  constructor(readonly b: Uint8Array, public at: number, readonly end = b.length) {}
  u8(): number {
    if (this.at >= this.end) throw new Error(`wasm: cut short at byte ${this.at}`);
    return this.b[this.at++];
  }
  u32(): number {
    let v = 0, shift = 0, c;
    do { c = this.u8(); v += (c & 127) * 2 ** shift; shift += 7; } while (c & 128);
    return v;
  }
  signed(): bigint {
    let v = 0n, shift = 0n, c;
    do { c = this.u8(); v |= BigInt(c & 127) << shift; shift += 7n; } while (c & 128);
    return c & 64 ? v - (1n << shift) : v;
  }
  str(): string {
    const n = this.u32();
    this.at += n;
    return Buffer.from(this.b.subarray(this.at - n, this.at)).toString("utf8");
  }
  type(): string { const c = this.u8(); return TYPES[c] ?? `type 0x${c.toString(16)}`; }
  list<T>(f: () => T): T[] { return Array.from({ length: this.u32() }, f); }
}

/** Parses a module. Throws on what is no WebAssembly 1 binary. */
export function parse(bytes: Uint8Array): Module {
  if (Buffer.from(bytes.subarray(0, 8)).toString("hex") !== "0061736d01000000") throw new Error("wasm: no WebAssembly 1 binary");
  const m: Module = { bytes, types: [], imports: [], exports: [], funcs: [], table: [], hasStart: false, codeBytes: 0 };
  const typeOf: number[] = [], names = new Map<number, string>();
  const r = new Reader(bytes, 8);
  while (r.at < bytes.length) {
    const id = r.u8(), size = r.u32(), s = new Reader(bytes, r.at, r.at + size);
    r.at += size;
    if (id === 0 && s.str() === "name") readNames(s, names);
    else if (id === 1) m.types = s.list(() => { s.u8(); return { params: s.list(() => s.type()), results: s.list(() => s.type()) }; });
    else if (id === 2) m.imports = s.list(() => readImport(s, m.types));
    else if (id === 3) typeOf.push(...s.list(() => s.u32()));
    else if (id === 5) m.memory = s.list(() => limits(s))[0];
    else if (id === 7) m.exports = s.list(() => ({ name: s.str(), kind: s.u8(), index: s.u32() }));
    else if (id === 8) m.hasStart = true;
    else if (id === 9) readElements(s, m);
    else if (id === 10) { m.codeBytes = size; readCode(s, m, typeOf); }
  }
  for (const f of m.funcs) f.name = names.get(f.index) ?? `function ${f.index}`;
  return m;
}

function limits(s: Reader): { min: number; max?: number } {
  const flags = s.u8(), min = s.u32();
  return flags & 1 ? { min, max: s.u32() } : { min };
}

function readImport(s: Reader, types: FuncType[]): Import {
  const module = s.str(), name = s.str(), kind = s.u8();
  if (kind === 0) return { module, name, kind: "function", type: types[s.u32()] };
  if (kind === 1) { s.u8(); limits(s); return { module, name, kind: "table" }; }
  if (kind === 2) { limits(s); return { module, name, kind: "memory" }; }
  s.u8(); s.u8();
  return { module, name, kind: "global" };
}

function readElements(s: Reader, m: Module): void {
  for (let n = s.u32(); n > 0; n--) {
    const flags = s.u32();
    if (flags !== 0) throw new Error(`wasm: element segment of kind ${flags} is not understood`);
    for (const op of opsOf(m.bytes, s.at, s.end)) { s.at = op.at; if (op.code === 0x0b) { s.at++; break; } }
    m.table.push(...s.list(() => s.u32()));
  }
}

function readCode(s: Reader, m: Module, typeOf: number[]): void {
  const imported = m.imports.filter(i => i.kind === "function").length;
  const n = s.u32();
  for (let i = 0; i < n; i++) {
    const size = s.u32(), to = s.at + size, locals: string[] = [], type = m.types[typeOf[i]];
    for (let runs = s.u32(); runs > 0; runs--) { const k = s.u32(), t = s.type(); for (let j = 0; j < k; j++) locals.push(t); }
    m.funcs.push({ index: imported + i, name: "", type, locals: [...type.params, ...locals], from: s.at, to });
    s.at = to;
  }
}

function readNames(s: Reader, names: Map<number, string>): void {
  while (s.at < s.end) {
    const id = s.u8(), size = s.u32(), next = s.at + size;
    if (id === 1) s.list(() => names.set(s.u32(), s.str()));
    s.at = next;
  }
}

/** The instructions of a function. */
export function ops(m: Module, f: Func): Generator<Op> { return opsOf(m.bytes, f.from, f.to); }

function* opsOf(b: Uint8Array, from: number, to: number): Generator<Op> {
  const r = new Reader(b, from, to);
  while (r.at < to) {
    const at = r.at, c = r.u8();
    if (c === 0xfc || c === 0xfd || c === 0xfe) {
      const sub = r.u32(), code = c << 8 | sub;
      yield { at, code, imm: c === 0xfc ? Array.from({ length: [8, 10, 12, 14].includes(sub) ? 2 : sub > 7 ? 1 : 0 }, () => r.u32()) : [] };
      if (c !== 0xfc) return; // vector and atomic immediates are not known here: the rest cannot be read
    } else yield { at, code: c, imm: immediates(r, c) };
  }
}

function immediates(r: Reader, c: number): (number | bigint)[] {
  if (c >= 0x02 && c <= 0x04) return [Number(r.signed())];
  if (c === 0x0c || c === 0x0d || c === 0x10 || (c >= 0x20 && c <= 0x26)) return [r.u32()];
  if (c === 0x0e) { const t = r.list(() => r.u32()); return [...t, r.u32()]; }
  if (c === 0x11 || (c >= 0x28 && c <= 0x3e)) return [r.u32(), r.u32()];
  if (c === 0x3f || c === 0x40) return [r.u8()];
  if (c === 0x41) return [Number(r.signed())];
  if (c === 0x42) return [r.signed()];
  if (c === 0x43) { r.at += 4; return []; }
  if (c === 0x44) { r.at += 8; return []; }
  if (c === 0x1c) return r.list(() => r.u8());
  return [];
}
