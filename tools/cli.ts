// The `hydranet` command line: finds the command, runs it, and turns what it throws into a message and an exit status.

import { type Command, UsageError } from "./command.ts";
import { SiteError } from "./site/toml.ts";

interface Entry { summary: string; load: () => Promise<{ command: Command }> }

const COMMANDS: Record<string, Entry> = {
  build: { summary: "build the modules (build/*.wasm) and the Linux host", load: () => import("./build/cli.ts") },
  demo: { summary: "play a video and move files while servers are killed", load: () => import("./demo/cli.ts") },
  test: { summary: "run all tests", load: () => import("./test.ts") },
  spec: { summary: "run unit tests of the AssemblyScript core", load: () => import("./spec.ts") },
  sim: { summary: "run seeds of the simulator", load: () => import("../test/sim/cli.ts") },
  campaign: { summary: "run each kind of failure in the lab, many times", load: () => import("./campaign/cli.ts") },
  lab: { summary: "a site in network namespaces: up, down, status, kill, cut, shape, ...", load: () => import("./lab/cli.ts") },
  run: { summary: "run one node of a site on this machine's interfaces", load: () => import("./run/cli.ts") },
  ctl: { summary: "ask a running node: status, counters, commands", load: () => import("./run/ctl.ts") },
  replay: { summary: "feed a recording to a module again and compare", load: () => import("./run/replay.ts") },
  site: { summary: "check a site file, or compile a node's configuration", load: () => import("./site/cli.ts") },
  content: { summary: "pack a folder into a content image, or list one", load: () => import("./content/cli.ts") },
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
  const { command } = await entry.load();
  const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (own.includes("--help") || own.includes("-h")) { process.stdout.write(command.help.trim() + "\n"); return 0; }
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
