#!/usr/bin/env node
// The entry of every command. Plain JavaScript without dependencies: it makes sure that Node, the compilers, programs, packages, disk and
// privileges are there for the command that was asked, installs what is missing, then starts the tools, which are TypeScript. Written so that
// an old Node gets as far as being told.

import { spawn, spawnSync } from "child_process";
import fs from "fs";
import os from "os";
import path from "path";
import { fileURLToPath, pathToFileURL } from "url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
/** Debian packages by program. */
const PACKAGES = {
  ip: "iproute2", tc: "iproute2", nft: "nftables", ethtool: "ethtool", unshare: "util-linux", setpriv: "util-linux", taskset: "util-linux", chrt: "util-linux", ffmpeg: "ffmpeg", ffprobe: "ffmpeg", tshark: "tshark", iperf3: "iperf3", nc: "netcat-openbsd", curl: "curl", dumpcap: "wireshark-common", ping: "iputils-ping", traceroute: "traceroute", nmap: "nmap",
  perl: "perl-base", valgrind: "valgrind", cc: "gcc libc6-dev", ld: "binutils", "qemu-system-i386": "qemu-system-x86 seabios", bochs: "bochs bochsbios vgabios", "grub-mkrescue": "grub-common grub-pc-bin xorriso mtools",
};
const BUILD = ["cc"], LAB = ["ip", "nft", "ethtool", "unshare", "setpriv"];
/** What `--boards` adds. */
const BOARDS = ["ld", "qemu-system-i386"];
/** What each command needs: `build` (cargo and a linker), programs, `lab` (may make network namespaces), `root`. */
const COMMANDS = {
  build: { build: true, programs: BUILD },
  demo: { build: true, lab: true, programs: [...BUILD, ...LAB, "ffmpeg", "curl", "nc", "dumpcap"] },
  test: { build: true, lab: true, programs: [...BUILD, ...LAB, "ffmpeg", "ffprobe", "tc", "taskset", "chrt", "tshark", "iperf3", "nc", "curl", "dumpcap", "ping", "traceroute", "nmap", "perl", "valgrind", "ld", "qemu-system-i386", "bochs", "grub-mkrescue"] },
  campaign: { build: true, lab: true, programs: [...BUILD, ...LAB, "tshark", "iperf3", "nc", "curl", "dumpcap", "perl"] },
  bench: { build: true, lab: true, programs: [...BUILD, ...LAB, "taskset", "chrt", "tc"] },
  load: { build: true, lab: true, programs: [...BUILD, ...LAB, "perl"] },
  soak: { build: true, lab: true, programs: [...BUILD, ...LAB, "perl"] },
  lab: { build: true, holder: true, programs: [...BUILD, ...LAB] },
  run: { build: true, root: true, programs: [...BUILD, "ip", "nft"] },
  sim: { build: true, programs: BUILD },
  image: { programs: ["cc", "ld"] }, boot: { programs: ["qemu-system-i386"] }, nics: { programs: ["cc", "ld", "qemu-system-i386"] }, where: { programs: ["ld"] }, flash: {},
  flood: { build: true, lab: true, programs: [...BUILD, ...LAB, "perl"] },
  fuzz: {},
  "check-i486": { programs: [...BUILD, "valgrind"] },
  spec: {}, site: {}, content: {}, ctl: {}, nc: {}, replay: {},
};
/** The oldest cargo that builds the host's dependencies (docs/dependencies.md). */
const CARGO = [1, 95];

function fail(text) {
  process.stderr.write(`hydranet: ${text}\n`);
  process.exit(2);
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`Node ${process.versions.node} is too old: version 20 or newer is needed`);
}

function which(program) {
  for (const dir of (process.env.PATH || "").split(":")) {
    try { fs.accessSync(path.join(dir, program), fs.constants.X_OK); return path.join(dir, program); } catch (e) { /* next */ }
  }
  return undefined;
}

/** A C compiler serves as linker only with the C library's start files. */
function usable(program) {
  return which(program) !== undefined && (program !== "cc" || String(spawnSync("cc", ["-print-file-name=crt1.o"]).stdout).startsWith("/"));
}

const isRoot = () => process.getuid() === 0;

let child;
/** Runs a program to its end with signals handed on to it; its exit status. A signal that came ends this process too. */
function run(line, options) {
  return new Promise(done => {
    child = spawn(line[0], line.slice(1), options);
    child.on("error", e => fail(String(e)));
    child.on("exit", (code, signal) => {
      child = undefined;
      const status = code === null ? 128 + os.constants.signals[signal] : code;
      if (stopped) process.exit(status || 128 + os.constants.signals[stopped]);
      done(status);
    });
  });
}

let stopped;
function handOn(signal) {
  stopped = signal;
  if (child) child.kill(signal);
  else process.exit(128 + os.constants.signals[signal]);
}

/** Runs a program with its output shown; its exit status. */
function show(line, options) {
  process.stderr.write(`hydranet: ${line.join(" ")}\n`);
  return run(line, { stdio: ["ignore", 2, 2], cwd: ROOT, ...options });
}

async function checkPrograms(programs) {
  const lacking = programs.filter(p => !usable(p));
  if (lacking.length === 0) return;
  const packages = [...new Set([].concat(...lacking.map(p => PACKAGES[p].split(" "))))], line = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  if (!isRoot() || !which("apt-get")) fail(`missing: ${lacking.join(", ")}. Install with:\n  sudo ${line.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  if (await show(line, { env }) !== 0 && (await show(["apt-get", "update"], { env }) !== 0 || await show(line, { env }) !== 0)) fail(`apt-get could not install ${packages.join(" ")}`);
  const still = programs.filter(p => !usable(p));
  if (still.length) fail(`still missing after the installation: ${still.join(", ")}`);
}

function checkCargo() {
  const home = path.join(os.homedir(), ".cargo/bin");
  if (!which("cargo") && fs.existsSync(path.join(home, "cargo"))) process.env.PATH = `${process.env.PATH}:${home}`;
  if (!which("cargo")) fail("cargo is missing: install Rust (https://rustup.rs), the stable toolchain");
  const r = spawnSync("cargo", ["--version"], { encoding: "utf8" }), found = /(\d+)\.(\d+)/.exec(r.stdout || "");
  if (!found) fail(`cargo --version says: ${(r.stderr || r.stdout || String(r.error)).trim()}`);
  if (found[1] < CARGO[0] || (Number(found[1]) === CARGO[0] && found[2] < CARGO[1])) fail(`cargo ${found[0]} is too old: ${CARGO.join(".")} or newer is needed (rustup update stable, or https://rustup.rs)`);
}

function writable(dir) {
  try { fs.mkdirSync(dir, { recursive: true }); fs.accessSync(dir, fs.constants.W_OK); return true; } catch (e) { return false; }
}

function checkDisk() {
  const cache = process.env.HYDRANET_CACHE || path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "hydranet");
  if (!writable(cache)) fail(`the cache folder ${cache} cannot be written; name another one by HYDRANET_CACHE`);
  if (!writable(ROOT)) fail(`the folder ${ROOT} cannot be written by this user: clone the repository as the user who runs it`);
  const built = fs.existsSync(path.join(cache, "cargo/release"));
  for (const [dir, need] of [[cache, built ? 0.3 : 3], [ROOT, 0.5]]) {
    const s = fs.statfsSync(dir), free = s.bavail * s.bsize / 2 ** 30;
    if (free < need) fail(`${free.toFixed(1)} GiB free at ${dir}, ${need} GiB are needed`);
  }
}

/** Root, or a user namespace in which network namespaces can be made. */
function checkLab() {
  if (isRoot()) return;
  const r = spawnSync("unshare", ["-Urnm", "true"]);
  if (r.status !== 0) fail("network namespaces need root, or user namespaces, which are refused here (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns). Run it as root");
}

async function checkModules() {
  const at = f => { try { return fs.statSync(path.join(ROOT, f)).mtimeMs; } catch (e) { return 0; } };
  const have = at("node_modules/.package-lock.json");
  if (have !== 0 && have >= at("package-lock.json")) return;
  // Not the old npm that a dependency brings along and that a script of npm finds first.
  process.env.PATH = process.env.PATH.split(":").filter(d => !d.startsWith(path.join(ROOT, "node_modules"))).join(":");
  if (!which("npm")) fail("npm is missing: it comes with Node (https://nodejs.org), or as the package npm");
  if (await show(["npm", "ci", "--no-audit", "--no-fund"]) !== 0) fail("npm ci failed (above)");
}

/** The command line of the tools. `inside`: in a user namespace. `bound`: they get SIGTERM when this process dies, however it does, and so take back what they made. */
function tools(args, inside, bound) {
  const loader = pathToFileURL(path.join(ROOT, "node_modules/tsx/dist/loader.mjs")).href;
  const line = [process.execPath, "--import", loader, path.join(ROOT, "tools/cli.ts"), ...args];
  const dies = bound ? ["setpriv", "--pdeathsig", "TERM"] : [], wrap = ["sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh"];
  return [...(inside ? ["unshare", "-Urnm"] : []), ...dies, ...(inside ? wrap : []), ...line];
}

async function main() {
  checkNode();
  for (const s of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(s, handOn);
  if (!`:${process.env.PATH}:`.includes(":/usr/sbin:")) process.env.PATH = `${process.env.PATH || ""}:/usr/sbin:/sbin`;
  const args = process.argv.slice(2), need = Object.prototype.hasOwnProperty.call(COMMANDS, args[0]) ? COMMANDS[args[0]] : {}, help = args.includes("--help") || args.includes("-h");
  if (!help) {
    if (need.root && !isRoot()) fail(`${args[0]} needs root: it takes packets from the machine's own interfaces`);
    await checkPrograms([...need.programs || [], ...args.includes("--boards") && need.build ? BOARDS : []]);
    if (need.build) { checkCargo(); checkDisk(); }
    if (need.lab || need.holder) checkLab();
  }
  await checkModules();
  const inside = Boolean(need.lab) && !help && !isRoot();
  if (inside) {
    const status = await run(tools(args[0] === "bench" ? ["bench", "--build"] : ["build"]), { stdio: "inherit" }); // a user namespace has no way out to the registries
    if (status !== 0) process.exit(status);
  }
  process.exit(await run(tools(args, inside, Boolean(need.lab || need.holder) && !help), { stdio: "inherit" }));
}

main();
