#!/usr/bin/env node
// The entry of every command. Plain JavaScript without dependencies: it makes sure that Node, the compilers, programs, packages, disk and
// privileges are there for the command that was asked, installs what is missing, then starts the tools, which are TypeScript.

import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, statfsSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
/** Debian packages by program. */
const PACKAGES = {
  ip: "iproute2", nft: "nftables", ethtool: "ethtool", unshare: "util-linux", ffmpeg: "ffmpeg", ffprobe: "ffmpeg", tshark: "tshark", iperf3: "iperf3", nc: "netcat-openbsd", curl: "curl", dumpcap: "wireshark-common",
  gcc: "gcc libc6-dev",
};
const BUILD = ["gcc"], LAB = ["ip", "nft", "ethtool", "unshare"];
/** What each command needs: `build` (cargo and a linker), programs, `lab` (may make network namespaces), `root`. */
const COMMANDS = {
  build: { build: true, programs: BUILD },
  demo: { build: true, lab: true, programs: [...BUILD, ...LAB, "ffmpeg", "curl", "nc", "dumpcap"] },
  test: { build: true, lab: true, programs: [...BUILD, ...LAB, "ffmpeg", "ffprobe", "tshark", "iperf3", "nc", "curl", "dumpcap"] },
  campaign: { build: true, lab: true, programs: [...BUILD, ...LAB, "tshark", "iperf3", "nc", "curl", "dumpcap"] },
  lab: { build: true, holder: true, programs: [...BUILD, ...LAB] },
  run: { build: true, root: true, programs: [...BUILD, "ip", "nft"] },
  sim: { build: true, programs: BUILD },
  spec: {}, site: {}, content: {}, ctl: {}, replay: { build: true, programs: BUILD },
};

function fail(text) {
  process.stderr.write(`hydranet: ${text}\n`);
  process.exit(2);
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`Node ${process.versions.node} is too old: version 20 or newer is needed`);
}

function which(program) {
  for (const dir of (process.env.PATH ?? "").split(":")) {
    try { accessSync(path.join(dir, program), constants.X_OK); return path.join(dir, program); } catch { /* next */ }
  }
  return undefined;
}

const isRoot = () => process.getuid?.() === 0;

/** Runs a program with its output shown; its exit status. */
function show(program, args, options = {}) {
  process.stderr.write(`hydranet: ${[program, ...args].join(" ")}\n`);
  return spawnSync(program, args, { stdio: ["ignore", 2, 2], cwd: ROOT, ...options }).status ?? 1;
}

function checkPrograms(programs) {
  const missing = [...new Set(programs.filter(p => !which(p)).flatMap(p => PACKAGES[p].split(" ")))];
  if (missing.length === 0) return;
  const line = ["install", "-y", "--no-install-recommends", ...missing];
  if (!isRoot() || !which("apt-get")) fail(`missing: ${programs.filter(p => !which(p)).join(", ")}. Install with:\n  sudo apt-get ${line.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  if (show("apt-get", line, { env }) !== 0 && (show("apt-get", ["update"], { env }) !== 0 || show("apt-get", line, { env }) !== 0)) fail(`apt-get could not install ${missing.join(" ")}`);
  const still = programs.filter(p => !which(p));
  if (still.length) fail(`still missing after the installation: ${still.join(", ")}`);
}

function checkBuild() {
  const home = path.join(os.homedir(), ".cargo/bin");
  if (!which("cargo") && existsSync(path.join(home, "cargo"))) process.env.PATH = `${process.env.PATH}:${home}`;
  if (!which("cargo")) fail("cargo is missing: install Rust (https://rustup.rs), the stable toolchain");
  const cache = process.env.HYDRANET_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "hydranet");
  try { mkdirSync(cache, { recursive: true }); accessSync(cache, constants.W_OK); } catch { fail(`the cache folder ${cache} cannot be written; name another one by HYDRANET_CACHE`); }
  const built = existsSync(path.join(cache, "cargo/release"));
  for (const [dir, need] of [[cache, built ? 0.3 : 3], [ROOT, 0.5]]) {
    const s = statfsSync(dir), free = s.bavail * s.bsize / 2 ** 30;
    if (free < need) fail(`${free.toFixed(1)} GiB free at ${dir}, ${need} GiB are needed`);
  }
}

/** Root, or a user namespace in which network namespaces can be made. */
function checkLab() {
  if (isRoot()) return;
  const r = spawnSync("unshare", ["-Urnm", "true"]);
  if (r.status !== 0) fail("network namespaces need root, or user namespaces, which are refused here (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns). Run it as root");
}

function checkModules() {
  const at = f => { try { return statSync(path.join(ROOT, f)).mtimeMs; } catch { return 0; } };
  const have = at("node_modules/.package-lock.json");
  if (have !== 0 && have >= at("package-lock.json")) return;
  if (show("npm", ["ci", "--no-audit", "--no-fund"]) !== 0) fail("npm ci failed (above)");
}

function tools(args, inside = false) {
  const loader = pathToFileURL(path.join(ROOT, "node_modules/tsx/dist/loader.mjs")).href;
  const line = [process.execPath, "--import", loader, path.join(ROOT, "tools/cli.ts"), ...args];
  const wrap = ["unshare", "-Urnm", "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh"];
  return inside ? [...wrap, ...line] : line;
}

/** Starts the tools, hands signals on, and ends as they end. */
function start(line) {
  const child = spawn(line[0], line.slice(1), { stdio: "inherit" });
  for (const s of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(s, () => child.kill(s));
  child.on("error", e => fail(String(e)));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
}

function main() {
  checkNode();
  if (!`:${process.env.PATH}:`.includes(":/usr/sbin:")) process.env.PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  const args = process.argv.slice(2), need = COMMANDS[args[0]] ?? {}, help = args.includes("--help") || args.includes("-h");
  if (!help) {
    if (need.root && !isRoot()) fail(`${args[0]} needs root: it takes packets from the machine's own interfaces`);
    checkPrograms(need.programs ?? []);
    if (need.build) checkBuild();
    if (need.lab || need.holder) checkLab();
  }
  checkModules();
  const inside = Boolean(need.lab) && !help && !isRoot();
  if (inside) {
    const b = spawnSync(tools(["build"])[0], tools(["build"]).slice(1), { stdio: "inherit" }); // a user namespace has no way out to the registries
    if (b.status !== 0) process.exit(b.status ?? 1);
  }
  start(tools(args, inside));
}

main();
