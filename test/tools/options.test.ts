// The command line: what is wrong is named, with exit status 2; help is everywhere.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";

const ENTRY = path.join(ROOT, "tools/hydranet.mjs");
function hydranet(args: string[], env: NodeJS.ProcessEnv = process.env): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [ENTRY, ...args], { encoding: "utf8", env, cwd: os.tmpdir() });
}

const WRONG: [string, RegExp][] = [
  ["frobnicate", /unknown command 'frobnicate'/],
  ["build --fast", /Unknown option '--fast'/],
  ["build no-such-target", /no target no-such-target; there are .*linux-host/],
  ["site", /FILE is missing/],
  ["site /nonexistent.toml", /\/nonexistent\.toml:1: file: found "?ENOENT"?, expected a readable site file/],
  ["site a b", /unexpected word 'b'/],
  ["content", /FOLDER or IMAGE is missing/],
  ["lab", /what to do is missing/],
  ["lab dance", /unknown word 'dance'/],
  ["lab kill", /NODE or LINK is missing/],
  ["lab shape s0 --loss 2", /--loss: found '2', expected a probability/],
  ["lab shape s0 --rate fast", /--rate: found 'fast', expected a rate/],
  ["lab shape s0 --delay -1", /--delay/],
  ["lab up --rate 1mbit", /up: takes no option --rate/],
  ["lab exec c", /exec NODE -- PROGRAM is missing/],
  ["lab status --run nosuchrun", /no lab 'nosuchrun' is up/],
  ["test nosuchsuite", /no suite 'nosuchsuite'/],
  ["spec no-such-spec", /no spec file/],
  ["ctl", /NODE is missing/],
  ["replay", /FILE is missing/],
  ["run", /--site FILE is missing/],
];

for (const [line, says] of WRONG) {
  test(`hydranet ${line}: says what is wrong`, () => {
    const r = hydranet(line.split(" "));
    assert.match(r.stderr, says);
    assert.notEqual(r.status, 0);
    assert.doesNotMatch(r.stderr, /\n\s+at /, "no stack trace");
    if (!/no-such-target|nosuchrun/.test(line)) assert.equal(r.status, 2);
  });
}

for (const command of ["build", "test", "spec", "lab", "run", "ctl", "replay", "site", "content", "demo", "sim"]) {
  test(`hydranet ${command} --help tells its options`, () => {
    const r = hydranet([command, "--help"]);
    assert.equal(r.status, 0, r.stderr);
    assert.match(r.stdout, new RegExp(`^hydranet ${command}`));
  });
}

test("without root the missing programs are named in one apt line, exit status 2", t => {
  if (process.getuid!() !== 0) return t.skip("needs root to become nobody");
  const bin = mkdtempSync(path.join(os.tmpdir(), "hydranet-bin-"));
  try {
    // Another user, with a PATH that has nothing but Node.
    symlinkSync(process.execPath, path.join(bin, "node"));
    const script = `process.setgid(65534); process.setuid(65534); process.argv = [process.argv[0], ${JSON.stringify(ENTRY)}, "lab", "up"]; await import(${JSON.stringify(`file://${ENTRY}`)});`;
    const r = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", env: { PATH: bin, HYDRANET_BIN: bin } });
    assert.equal(r.status, 2, r.stderr);
    assert.match(r.stderr, /sudo apt-get install -y --no-install-recommends gcc libc6-dev/);
  } finally {
    rmSync(bin, { recursive: true });
  }
});
