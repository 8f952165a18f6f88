// The lab itself: it comes up with every node answering, and whatever happens it leaves nothing behind.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { wasmOf } from "../../tools/build/build.ts";
import { Lab, sleep, until } from "../../tools/lab/lab.ts";
import { run } from "../../tools/lab/process.ts";
import { compileEcho, MODULE, SOURCE } from "../host/bench.ts";

const mine = (name: string): string => `${name}${process.pid.toString(36)}`;
const SITE = path.join(ROOT, "examples/lab.toml"), ENTRY = path.join(ROOT, "tools/hydranet.mjs");

/** Namespaces, processes and run directories that carry a run's name. */
function left(name: string): string[] {
  const spaces = run("ip", ["netns", "list"]).split("\n").filter(l => l.startsWith(`hn-${name}-`));
  const procs = readdirSync("/proc").filter(p => /^\d+$/.test(p)).filter(p => { try { return readFileSync(`/proc/${p}/cmdline`, "utf8").includes(`/run/hydranet/${name}/`); } catch { return false; } });
  return [...spaces, ...procs, ...(existsSync(`/run/hydranet/${name}`) ? [`/run/hydranet/${name}`] : [])];
}

test("a lab serves clients, goes on after a kill, and leaves nothing behind", async () => {
  const lab = await Lab.up(SITE), name = lab.run;
  try {
    const chain = await lab.ready("web", 3), page = readFileSync(path.join(ROOT, "examples/content/index.html"), "utf8");
    const get = async (): Promise<string> => (await lab.exec("c", "curl", ["-s", "-m", "10", "http://10.9.0.1/"])).stdout;
    assert.equal(await get(), page);
    await lab.kill(chain[0]);
    assert.equal(lab.running(chain[0]), false);
    await lab.ready("web", 2);
    assert.equal(await get(), page);
    await lab.restart(chain[0]);
    assert.deepEqual(await lab.ready("web", 3), [chain[1], chain[2], chain[0]], "it comes back as the tail");
    assert.equal(await get(), page);
    assert.notEqual(left(name).length, 0);
  } finally {
    lab.down();
  }
  assert.deepEqual(left(name), []);
  lab.down();
});

test("both links of a router are shaped, each by a wire of its own", async () => {
  const lab = await Lab.up(SITE);
  try {
    await lab.shape("r.eth0", { delay: 5 });
    await lab.shape("r.eth1", { delay: 10 });
    const round = /time=([\d.]+)/.exec((await lab.exec("c", "ping", ["-c", "1", "-W", "5", "10.2.0.10"])).stdout);
    assert.ok(Number(round?.[1]) >= 30, `a round trip of ${round?.[1]} ms`);
  } finally {
    lab.down();
  }
});

test("a paused node neither answers nor dies, and goes on when resumed", async () => {
  const lab = await Lab.up(SITE);
  try {
    lab.pause("s2");
    await until("it is stopped", 1000, () => lab.paused("s2"));
    await assert.rejects(lab.status("s2"), /no answer/);
    lab.resume("s2");
    assert.equal((await lab.status("s2")).role, "host");
  } finally {
    lab.down();
  }
});

test("a lab that cannot come up says why and leaves nothing behind", async () => {
  const broken = path.join(ROOT, "package.json"), name = mine("tbroken");
  await assert.rejects(Lab.up(SITE, { run: name, modules: { host: broken } }), /s\d ended at its start:\n.*(module|wasm)/is);
  assert.deepEqual(left(name), []);
});

test("a second lab of the same name is refused and the first one lives on", async () => {
  const name = mine("ttwice"), lab = await Lab.up(SITE, { run: name });
  try {
    await assert.rejects(Lab.up(SITE, { run: name }), new RegExp(`a lab '${name}' is up already`));
    assert.equal((await lab.status("r")).role, "redirector");
  } finally {
    lab.down();
  }
  assert.deepEqual(left(name), []);
});

test("what a lab refuses is named", async () => {
  const lab = await Lab.up(SITE);
  try {
    await assert.rejects(lab.kill("c"), /c is a plain Linux machine/);
    await assert.rejects(lab.kill("s9"), /no node "s9"; there are c, r, s0/);
    assert.throws(() => lab.cut("c-s0"), /c and s0 have no link in common/);
    assert.throws(() => lab.cut("r"), /name one of r\.eth0, r\.eth1/);
    assert.throws(() => lab.cut("s0--s1"), /expected NODE/);
    await lab.kill("s0");
    await assert.rejects(lab.kill("s0"), /s0 does not run/);
  } finally {
    lab.down();
  }
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`a lab whose program gets ${signal} leaves nothing behind`, async () => {
    const script = `const { Lab } = await import(${JSON.stringify(path.join(ROOT, "tools/lab/lab.ts"))}); const lab = await Lab.up(${JSON.stringify(SITE)}); console.log(lab.run); setInterval(() => {}, 1000);`;
    const loader = path.join(ROOT, "node_modules/tsx/dist/loader.mjs");
    const child = spawn(process.execPath, ["--import", loader, "--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const name = String(await new Promise<Buffer>(done => child.stdout.once("data", done))).trim();
    assert.notEqual(left(name).length, 0);
    const ended = new Promise<number | null>(done => child.once("exit", done));
    child.kill(signal);
    assert.equal(await ended, signal === "SIGINT" ? 130 : 143);
    assert.deepEqual(left(name), []);
  });
}

test("the command line's lab stays up between commands, and is removed by down", async () => {
  const name = mine("tcli"), hydranet = (...args: string[]) => spawnSync(process.execPath, [ENTRY, "lab", ...args, "--run", name], { encoding: "utf8" });
  const up = hydranet("up");
  assert.equal(up.status, 0, up.stderr);
  try {
    assert.match(hydranet("status").stdout, /^s1 +host +runs, pid \d+$/m);
    assert.equal(hydranet("kill", "s1").status, 0);
    assert.match(hydranet("status").stdout, /^s1 +host +down$/m);
    assert.equal(hydranet("cut", "r>s2").status, 0);
    assert.equal(hydranet("heal", "r>s2").status, 0);
    assert.equal(hydranet("shape", "s2-s0", "--loss", "1%", "--delay", "2").status, 0);
    await sleep(100);
    const wrong = hydranet("kill", "s1");
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /s1 does not run/);
  } finally {
    assert.equal(hydranet("down").status, 0);
  }
  assert.deepEqual(left(name), []);
});

test("a lab whose command gets SIGKILL while it comes up leaves nothing behind", async () => {
  const name = mine("tkill"), child = spawn(process.execPath, [ENTRY, "lab", "up", "--run", name], { stdio: "ignore" });
  await until("nodes run", 60000, () => left(name).length > 8);
  child.kill("SIGKILL");
  await until("nothing is left", 20000, () => left(name).length === 0);
});

test("what a lab of a dead program left is removed by the next lab, and its processes are gone before", async () => {
  const name = mine("tdead"), script = `const { Lab } = await import(${JSON.stringify(path.join(ROOT, "tools/lab/lab.ts"))}); const lab = await Lab.up(${JSON.stringify(SITE)}, { run: ${JSON.stringify(name)} }); lab.spawn("c", "sleep", ["1000", "/run/hydranet/${name}/"]); process.kill(process.pid, "SIGKILL");`;
  spawnSync(process.execPath, ["--import", path.join(ROOT, "node_modules/tsx/dist/loader.mjs"), "--input-type=module", "-e", script]);
  assert.notEqual(left(name).length, 0);
  await until("its processes are gone", 5000, () => left(name).every(x => x.startsWith("hn-") || x.startsWith("/")));
  Lab.sweep();
  assert.deepEqual(left(name), []);
});

/** Words that run a program as an ordinary user. In a user namespace with one user that is another namespace. */
const ORDINARY = / 1\n$/.test(readFileSync("/proc/self/uid_map", "utf8")) ? ["unshare", "-U", "--map-user=65534", "--map-group=65534"] : ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

test("without root a lab comes up in a user namespace, is removed by down, and by SIGKILL of the command that makes it", async () => {
  const name = mine("tuser"), dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-")), loader = path.join(ROOT, "node_modules/tsx/dist/loader.mjs");
  chmodSync(dir, 0o777);
  const words = (...verb: string[]): string[] => [...ORDINARY, "setpriv", "--pdeathsig", "TERM", process.execPath, "--import", loader, path.join(ROOT, "tools/cli.ts"), "lab", ...verb, "--run", name];
  const env = { PATH: process.env.PATH, HOME: dir, XDG_RUNTIME_DIR: dir, HYDRANET_INSIDE: "1" };
  const verb = (...v: string[]) => spawnSync(words(...v)[0], words(...v).slice(1), { encoding: "utf8", env });
  try {
    const up = verb("up");
    try {
      assert.equal(up.status, 0, up.stderr);
      assert.match(up.stdout, /web +view 1: s0 <- s1 <- s2|s2 +host +runs/);
      assert.match(verb("status").stdout, /^s0 +host +runs/m);
      assert.notDeepEqual(left(name), []);
    } finally {
      assert.equal(verb("down").status, 0);
    }
    await until("no process is left", 5000, () => left(name).length === 0);
    assert.match(verb("status").stderr, new RegExp(`no lab '${name}' is up`));
    const command = spawn("sh", ["-c", '"$@" & wait', "sh", ...words("up")], { env, stdio: "ignore" });
    await until("nodes run", 60000, () => left(name).length > 2);
    command.kill("SIGKILL");
    await until("no process is left", 20000, () => left(name).length === 0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a recording of a node gives the same output again", async () => {
  const lab = await Lab.up(SITE, { record: true });
  try {
    await lab.ready("echo", 3);
    await lab.exec("c", "sh", ["-c", "echo hello | nc -N -w 2 10.9.0.1 7"]);
    await lab.stop("s1");
    const r = spawnSync(process.execPath, [ENTRY, "replay", lab.file("s1.rec"), "--module", wasmOf("linux-host")], { encoding: "utf8" });
    assert.equal(r.status, 0, r.stdout + r.stderr);
  } finally {
    lab.down();
  }
});

test("a trap of a node is told in AssemblyScript terms by the node's log and by the lab's status", async () => {
  await compileEcho();
  const name = mine("ttrap"), lab = await Lab.up(SITE, { run: name, modules: { host: MODULE } });
  try {
    await lab.command("s1", "trap").catch(() => undefined);
    await until("s1 has ended", 5000, () => !lab.running("s1"));
    const line = readFileSync(path.join(ROOT, SOURCE), "utf8").split("\n").findIndex(l => l.includes("// TRAP HERE")) + 1;
    const told = `the module trapped in command(): wasm trap: out of bounds memory access\n    at ${SOURCE.replace(".ts", "")}/command (${SOURCE}:${line}:3)\n`;
    assert.ok(lab.log("s1").includes(told), lab.log("s1"));
    const status = spawnSync(process.execPath, [ENTRY, "lab", "status", "--run", name], { encoding: "utf8" });
    assert.ok(status.stdout.includes(`s1       host       ${told}`), status.stdout + status.stderr);
  } finally {
    lab.down();
  }
});
