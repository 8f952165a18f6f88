// The `hydranet` command line: finds the command, runs it, and turns what it throws into a message and an exit status.

import { exitOnSignals } from "./children.ts";
import { type Command, UsageError } from "./command.ts";
import { SiteError } from "./site/toml.ts";

interface Entry { summary: string; file: string }

const COMMANDS: Record<string, Entry> = {
  build: { summary: "build the modules (build/*.wasm) and the Linux host", file: "./build/cli.ts" },
  demo: { summary: "play a video and move files while servers are killed", file: "./demo/cli.ts" },
  test: { summary: "run all tests", file: "./test.ts" },
  spec: { summary: "run unit tests of the AssemblyScript core", file: "./spec.ts" },
  sim: { summary: "run seeds of the simulator", file: "../test/sim/cli.ts" },
  fuzz: { summary: "feed the modules packets, messages, files, calls and requests that are wrong", file: "../test/fuzz/cli.ts" },
  flood: { summary: "a SYN flood in the lab, beside new connections of a stock client", file: "./flood/cli.ts" },
  campaign: { summary: "run each kind of failure in the lab, many times", file: "./campaign/cli.ts" },
  bench: { summary: "measure speed beside other TCPs, Linux and a C loop", file: "./bench/cli.ts" },
  load: { summary: "kill the primary under a thousand and ten thousand connections", file: "./load/cli.ts" },
  soak: { summary: "traffic over impaired links and busy processors: nobody may be removed", file: "./soak/cli.ts" },
  lab: { summary: "a site in network namespaces: up, down, status, kill, cut, shape, ...", file: "./lab/cli.ts" },
  run: { summary: "run one node of a site on this machine's interfaces", file: "./run/cli.ts" },
  ctl: { summary: "ask a running node: status, counters, commands", file: "./run/ctl.ts" },
  nc: { summary: "a small netcat over a node's own TCP", file: "./sockets/nc.ts" },
  replay: { summary: "feed a recording to a module again and compare", file: "./replay/cli.ts" },
  "check-i486": { summary: "count what the boards' modules cost as i486 code", file: "./i486/cli.ts" },
  image: { summary: "write a node as an image for a 486 or Pentium board", file: "./image/cli.ts" },
  nics: { summary: "many frames through each NIC driver in QEMU", file: "../test/firmware/nics-cli.ts" },
  boot: { summary: "start an image in QEMU", file: "./image/boot.ts" },
  flash: { summary: "write an image to a disk, card or stick, and compare", file: "./image/flash.ts" },
  where: { summary: "find the line of an address that a board's trap printed", file: "./image/where.ts" },
  site: { summary: "check a site file, or compile a node's configuration", file: "./site/cli.ts" },
  content: { summary: "pack a folder into a content image, or list one", file: "./content/cli.ts" },
};

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, c]) => `  ${name.padEnd(10)} ${c.summary}`);
  return `hydranet COMMAND [...]\n\n${rows.join("\n")}\n\nhydranet COMMAND --help tells more.\n`;
}

/** Runs a command line; gives the exit status: 0 success, 1 failure, 2 wrong usage. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") { process.stdout.write(overview()); return name === undefined ? 2 : 0; }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) { process.stderr.write(`hydranet: unknown command '${name}'\n\n${overview()}`); return 2; }
  const { command } = await import(entry.file) as { command: Command };
  const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (own.includes("--help") || own.includes("-h")) { process.stdout.write(command.help.trim() + "\n"); return 0; }
  exitOnSignals();
  try {
    return await command.run(rest);
  } catch (e) {
    if (e instanceof UsageError) { process.stderr.write(`hydranet ${name}: ${e.message} (hydranet ${name} --help lists the options)\n`); return 2; }
    if (e instanceof SiteError) { process.stderr.write(`${e.message}\n`); return 2; }
    process.stderr.write(`hydranet ${name}: ${process.env.HYDRANET_TRACE && e instanceof Error ? e.stack : (e as Error).message}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
