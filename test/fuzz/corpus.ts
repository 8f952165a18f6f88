// Inputs in files: those that each target keeps in the repository, and those that failed.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../tools/asc.ts";
import { type Finding } from "./fuzzer.ts";
import { fromText, type Input, toText } from "./input.ts";

const DIR = path.join(path.dirname(fileURLToPath(import.meta.url)), "corpus"), FAILED = path.join(ROOT, "build/fuzz/failed");
const fileOf = (target: string): string => path.join(DIR, `${target}.txt`);

/** The inputs of a file, which blank lines separate. */
export function read(file: string): Input[] {
  return readFileSync(file, "utf8").split(/\n\s*\n/).map(part => fromText(part, file)).filter(i => i.length > 0);
}

/** What the repository keeps for a target. */
export function kept(target: string): Input[] {
  try { return read(fileOf(target)); } catch (e) { if ((e as NodeJS.ErrnoException).code === "ENOENT") return []; throw e; }
}

export function keep(target: string, inputs: Input[]): void { writeFileSync(fileOf(target), inputs.map(toText).join("\n")); }

/** Saves a failing input; its path, relative to the project's root. */
export function save(f: Finding): string {
  const text = toText(f.input), name = `${f.target}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}.txt`;
  mkdirSync(FAILED, { recursive: true });
  writeFileSync(path.join(FAILED, name), `# ${f.failure.split("\n")[0]}\n${text}`);
  return path.relative(ROOT, path.join(FAILED, name));
}
