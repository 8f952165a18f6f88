// Compiles AssemblyScript entries, each in a process of its own. A build may put one source file in the place of another: that is how a board's
// sizes get in, and how a built-in service becomes a module of its own.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { start, TYPESCRIPT } from "./children.ts";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

export interface Compile {
  /** Entry file, relative to the project's root. */
  entry: string;
  /** Output wasm; `.wat` text and `.wasm.map` lie beside it. */
  out: string;
  /** Linear memory in KiB, a multiple of 64. */
  memoryKiB: number;
  /** Source files (relative to the root) that others stand in for. */
  replace?: Record<string, string>;
  /** Further options of asc. */
  flags?: string[];
  /** Told each source file that is read, relative to the root. */
  onRead?: (file: string) => void;
}

/** Compiles one module; throws with the compiler's text on an error. */
export async function compile(job: Compile): Promise<void> {
  const child = start([], process.execPath, [...TYPESCRIPT, path.join(ROOT, "tools/compiler.ts")], ["pipe", "pipe", "pipe"], { cwd: ROOT });
  let read = "", wrong = "";
  child.stdout!.on("data", d => { read += d; });
  child.stderr!.on("data", d => { wrong += d; });
  child.stdin!.on("error", () => {});
  child.stdin!.end(JSON.stringify(job));
  const [code, signal] = await new Promise<[number | null, string | null]>((done, fail) => { child.on("error", fail); child.on("close", (c, s) => done([c, s])); });
  if (code !== 0) throw new Error(`${job.entry}: ${wrong.trim() || `the compiler ended with ${code ?? signal}`}`);
  for (const f of read.split("\n")) if (f !== "") job.onRead?.(f);
}
