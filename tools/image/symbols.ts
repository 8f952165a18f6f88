// The table of functions inside a program, by which a trap is told with a name: u32 count, count times u32 address and u32 offset of the name,
// the names, each ended by a zero byte.

import { run } from "../lab/process.ts";

interface Symbol { address: number; name: string }

/** The functions of a linked file, ascending. */
export function functions(elf: string): Symbol[] {
  const out: Symbol[] = [];
  for (const line of run("nm", ["-n", elf]).split("\n")) {
    const m = /^([0-9a-f]+) [tT] (\S+)$/.exec(line);
    if (m) out.push({ address: Number.parseInt(m[1], 16), name: readable(m[2]) });
  }
  return out;
}

export function symbolTable(elf: string): Buffer {
  const all = functions(elf), names = Buffer.from(all.map(s => `${s.name}\0`).join(""), "latin1"), head = Buffer.alloc(4 + 8 * all.length);
  head.writeUInt32LE(all.length, 0);
  let at = 0;
  all.forEach((s, i) => {
    head.writeUInt32LE(s.address, 4 + 8 * i);
    head.writeUInt32LE(at, 8 + 8 * i);
    at += s.name.length + 1;
  });
  const out = Buffer.concat([head, names]);
  return Buffer.concat([out, Buffer.alloc(-out.length & 3)]);
}

/** wasm2c's name of a function as it is in the source: "assembly/tcp/input/input". */
export function readable(name: string): string {
  return name.replace(/^w2c_node_/, "").replace(/_?0x([0-9A-F]{2})_?/g, (_, h: string) => String.fromCharCode(Number.parseInt(h, 16))).replace(/\.(isra|part|constprop|cold|lto_priv)\b[.\d]*/g, "");
}
