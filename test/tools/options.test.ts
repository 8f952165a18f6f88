// The command line: what is wrong is named, with exit status 2; help is everywhere.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";

const ENTRY = path.join(ROOT, "tools/hydranet.mjs");
function hydranet(args: string[], env: NodeJS.ProcessEnv = process.env): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [ENTRY, ...args], { encoding: "utf8", env, cwd: ROOT });
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
  ["lab up --replicas 0", /--replicas: found '0', expected a number from 1 to 5/],
  ["lab up --log loud", /--log: found 'loud'/],
  ["lab up --site", /'--site <value>' argument missing/],
  ["lab kill s0 -- ls", /kill: takes no '--'/],
  ["lab down now", /down: unexpected word 'now'/],
  ["demo --replicas 9", /--replicas: found '9', expected a number from 1 to 3/],
  ["demo --slow", /Unknown option '--slow'/],
  ["campaign --runs none", /--runs: found 'none'/],
  ["campaign --class nosuch", /--class: found 'nosuch', expected one of/],
  ["campaign --phase nosuch", /--phase: found 'nosuch', expected one of/],
  ["campaign --log loud", /--log: found 'loud'/],
  ["sim --frob", /Unknown option '--frob'/],
  ["sim again", /unexpected word 'again'/],
  ["spec --fast", /Unknown option '--fast'/],
  ["content --frob", /Unknown option '--frob'/],
  ["site examples/lab.toml --node s0", /--node and -o go together/],
  ["ctl s0", /what to ask is missing/],
  ["ctl nosuchnode status", /no node 'nosuchnode' runs here/],
  ["replay /nonexistent --module /nonexistent", /\/nonexistent: no such file/],
  ["replay /nonexistent", /--module M\.wasm is missing/],
  ["run --site x.toml --node s0 --log loud", /--log: found 'loud', expected error, warning, info or debug/],
  ["run --site x.toml --node s0 --pin 5000", /--pin: found '5000', expected a whole number from 0 to/],
  ["run --site x.toml --node s0 --pcap /nonexistent/x.pcap", /--pcap: no folder \/nonexistent/],
  ["run --site x.toml", /x\.toml:1: file|--node NAME is missing/],
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
    if (!/no-such-target|nosuchrun|nosuchnode/.test(line)) assert.equal(r.status, 2);
  });
}

for (const command of ["build", "test", "spec", "lab", "run", "ctl", "replay", "site", "content", "demo", "sim"]) {
  test(`hydranet ${command} --help tells its options`, () => {
    const r = hydranet([command, "--help"]);
    assert.equal(r.status, 0, r.stderr);
    assert.match(r.stdout, new RegExp(`^hydranet ${command}`));
  });
}

/** Runs the entry as it is for an ordinary user, with a PATH of these programs alone. */
function nobody(args: string[], programs: Record<string, string>, env: NodeJS.ProcessEnv = {}): { status: number | null; stderr: string } {
  const bin = mkdtempSync(path.join(os.tmpdir(), "hydranet-bin-"));
  try {
    chmodSync(bin, 0o755);
    for (const [name, text] of Object.entries(programs)) writeFileSync(path.join(bin, name), text, { mode: 0o755 });
    const script = `process.getuid = () => 65534; process.argv = [process.argv[0], ${JSON.stringify(ENTRY)}, ...${JSON.stringify(args)}]; await import(${JSON.stringify(`file://${ENTRY}`)});`;
    return spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", env: { PATH: bin, HOME: bin, ...env } });
  } finally {
    rmSync(bin, { recursive: true });
  }
}
const OK = "#!/bin/sh\nexit 0\n", CC = "#!/bin/sh\necho /usr/lib/crt1.o\n", NO_LIBC = "#!/bin/sh\necho crt1.o\n";
const LAB = Object.fromEntries(["ip", "nft", "ethtool", "unshare", "setpriv"].map(p => [p, OK])), cargo = (v: string): string => `#!/bin/sh\necho "cargo ${v}"\n`;

const LACKING: [string, string[], Record<string, string>, RegExp][] = [
  ["all programs", ["lab", "up"], {}, /sudo apt-get install -y --no-install-recommends gcc libc6-dev/],
  ["a player", ["demo"], { ...LAB, cc: CC, curl: OK, nc: OK, dumpcap: OK }, /missing: ffmpeg\. Install with:\n  sudo apt-get install -y --no-install-recommends ffmpeg\n/],
  ["the C library", ["build"], { cc: NO_LIBC }, /missing: cc\. Install with:\n  sudo apt-get install -y --no-install-recommends gcc libc6-dev\n/],
  ["cargo", ["build"], { cc: CC }, /cargo is missing: install Rust/],
  ["a cargo that is new enough", ["build"], { cc: CC, cargo: cargo("1.63.0") }, /cargo 1\.63 is too old: 1\.95 or newer is needed/],
  ["a cache that can be written", ["build"], { cc: CC, cargo: cargo("1.95.0") }, /the cache folder .* cannot be written; name another one by HYDRANET_CACHE/],
  ["root", ["run", "--site", "x", "--node", "y"], {}, /run needs root: it takes packets from the machine's own interfaces/],
];
for (const [what, args, programs, says] of LACKING) {
  test(`hydranet ${args[0]} without ${what}: says what to do, exit status 2`, () => {
    const r = nobody(args, programs, { HYDRANET_CACHE: "/dev/null/none" });
    assert.match(r.stderr, says);
    assert.equal(r.status, 2, r.stderr);
  });
}

test("an old Node is told so", () => {
  const script = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "16.20.0" } }); await import(${JSON.stringify(`file://${ENTRY}`)});`;
  const r = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.match(r.stderr, /Node 16\.20\.0 is too old: version 20 or newer is needed/);
  assert.equal(r.status, 2);
});
