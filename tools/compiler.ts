// The process behind `compile` of asc.ts: takes a job as JSON from its input, prints the source files that it read, one a line.

import asc from "assemblyscript/asc";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Compile, ROOT } from "./asc.ts";

const job = JSON.parse(readFileSync(0, "utf8")) as Compile;
const replace = new Map(Object.entries(job.replace ?? {}).map(([from, to]) => [path.join(ROOT, from), path.join(ROOT, to)]));
const out = path.resolve(ROOT, job.out), text = out.replace(/\.wasm$/, ".wat"), pages = String(job.memoryKiB / 64);
const args = [
  job.entry, "--config", "asconfig.json", "--baseDir", ROOT, "--outFile", path.relative(ROOT, out), "--textFile", path.relative(ROOT, text),
  "--initialMemory", pages, "--maximumMemory", pages, "--disableWarning", "235", ...(job.flags ?? []),
];
await mkdir(path.dirname(out), { recursive: true });
const { error, stderr } = await asc.main(args, {
  async readFile(name: string, base: string) {
    const full = path.resolve(base, name), real = replace.get(full) ?? full;
    const source = await readFile(real, "utf8").catch(() => null);
    if (source !== null) process.stdout.write(`${path.relative(ROOT, real)}\n`);
    return source;
  },
  /** Whoever reads the file meanwhile gets the old one or the new one. */
  async writeFile(name: string, data: Uint8Array | string, base: string) {
    const file = path.resolve(base, name);
    await writeFile(`${file}.${process.pid}`, data);
    await rename(`${file}.${process.pid}`, file);
  },
} as never);
if (error) process.stderr.write(stderr.toString() || error.message);
process.exitCode = error ? 1 : 0;
