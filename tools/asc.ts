// Compiles AssemblyScript entries. A build may put one source file in the place of another: that is how a board's sizes get in, and how a
// built-in service becomes a module of its own.

import asc from "assemblyscript/asc";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

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
  const replace = new Map(Object.entries(job.replace ?? {}).map(([from, to]) => [path.join(ROOT, from), path.join(ROOT, to)]));
  const out = path.resolve(ROOT, job.out);
  await mkdir(path.dirname(out), { recursive: true });
  const pages = String(job.memoryKiB / 64);
  const text = out.replace(/\.wasm$/, ".wat");
  const args = [
    job.entry, "--config", "asconfig.json", "--baseDir", ROOT, "--outFile", path.relative(ROOT, out), "--textFile", path.relative(ROOT, text),
    "--initialMemory", pages, "--maximumMemory", pages, "--disableWarning", "235", ...(job.flags ?? []),
  ];
  const { error, stderr } = await asc.main(args, {
    async readFile(name: string, base: string) {
      const full = path.resolve(base, name), real = replace.get(full) ?? full;
      try {
        const text = await readFile(real, "utf8");
        job.onRead?.(path.relative(ROOT, real));
        return text;
      } catch {
        return null;
      }
    },
    async writeFile(name: string, data: Uint8Array | string, base: string) {
      await writeFile(path.resolve(base, name), data);
    },
  } as never);
  if (error) throw new Error(`${job.entry}: ${stderr.toString() || error.message}`);
}
