// `hydranet spec`: unit tests of the AssemblyScript core, by as-pect.

import { rmSync } from "node:fs";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./asc.ts";
import { start } from "./children.ts";
import { type Command, parse, UsageError } from "./command.ts";

/** Spec files below test/ whose path contains one of the words, or all. */
export async function specs(words: string[]): Promise<string[]> {
  const all = (await readdir(path.join(ROOT, "test"), { recursive: true })).filter(f => f.endsWith(".spec.ts")).map(f => `test/${f}`).sort();
  return words.length ? all.filter(f => words.some(w => f.includes(w))) : all;
}

/** Runs spec files; `out` gets what as-pect says, with every test's name if `names`. Gives its exit status. */
export async function runSpecs(files: string[], out: (text: string) => void, names = false): Promise<number> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "hydranet-spec-")), config = path.join(dir, "config.mjs"), clean = (): void => rmSync(dir, { recursive: true, force: true });
  process.on("exit", clean);
  try {
    await writeFile(config, `import base from ${JSON.stringify(pathToFileURL(path.join(ROOT, "as-pect.config.js")).href)};\nexport default { ...base, entries: ${JSON.stringify(files)} };\n`);
    const child = start([], process.execPath, [path.join(ROOT, "node_modules/@as-pect/cli/bin/asp.js"), "--no-logo", ...(names ? ["--verbose"] : []), "-c", path.relative(ROOT, config)], ["ignore", "pipe", "pipe"], { cwd: ROOT });
    child.stdout!.on("data", b => out(String(b)));
    child.stderr!.on("data", b => out(String(b)));
    return await new Promise<number>((done, fail) => { child.on("error", fail); child.on("close", c => done(c ?? 1)); });
  } finally {
    process.removeListener("exit", clean);
    clean();
  }
}

export const command: Command = {
  help: `
hydranet spec [WORD...]

Runs the unit tests test/**/*.spec.ts whose path contains a WORD, or all.`,

  async run(args) {
    const files = await specs(parse(args, {}).words);
    if (files.length === 0) throw new UsageError("no spec file has such a path");
    return runSpecs(files, t => process.stdout.write(t));
  },
};
