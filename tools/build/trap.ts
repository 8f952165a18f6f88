// Traps in AssemblyScript terms: the offsets in a module that an engine names become file, line and column by the module's source map.

import { SourceMap } from "./sourcemap.ts";

/** A host's line of a trap's backtrace (host/linux/src/trap.rs). */
const FRAME = /^( {4}at .+ \()module offset 0x([0-9a-f]+)\)$/gm;
/** What a host that a trap has ended says last. */
const TRAP = /the module trapped in .*(?:\n {4}at .*)*/g;

/** The text of a host process that ran `module`, with the places of a trap's backtrace named. Other text stays as it is. */
export function explain(text: string, module: string): string {
  if (text.match(FRAME) === null) return text;
  const map = SourceMap.read(`${module}.map`);
  if (!map) return `${text.trimEnd()}\n    (source lines unknown: no ${module}.map)\n`;
  return text.replace(FRAME, (line, head: string, offset: string) => {
    const place = map.at(parseInt(offset, 16));
    return place ? `${head}${place.file}:${place.line}:${place.column})` : line;
  });
}

/** The trap that ended a host, of the text that it said; undefined where none did. */
export function trapOf(text: string): string | undefined { return text.match(TRAP)?.at(-1); }

/** The backtrace of a trap under Node's engine, in the form that a host gives it. */
export function backtrace(error: Error): string {
  return [...(error.stack ?? "").matchAll(/^ +at (?:(.+) \()?wasm:.*?:wasm-function\[(\d+)\]:0x([0-9a-f]+)\)?$/gm)]
    .map(m => `    at ${m[1] ?? `function ${m[2]}`} (module offset 0x${m[3]})`).join("\n");
}
