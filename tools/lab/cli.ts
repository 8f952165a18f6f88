// `hydranet lab`: a lab that stays up between commands.

import path from "node:path";
import { ROOT } from "../asc.ts";
import { build } from "../build/build.ts";
import { trapOf } from "../build/trap.ts";
import { hand } from "../children.ts";
import { type Command, logLevel, number, parse, type Parsed, say, UsageError } from "../command.ts";
import { enter, release } from "./holder.ts";
import { Lab } from "./lab.ts";
import type { Shape } from "./link.ts";
import { inside } from "./switch.ts";

const OPTIONS = {
  run: { type: "string" }, site: { type: "string" }, boards: { type: "boolean" }, replicas: { type: "string" }, pcap: { type: "boolean" }, record: { type: "boolean" }, sockets: { type: "boolean" }, log: { type: "string" }, seed: { type: "string" },
  rate: { type: "string" }, loss: { type: "string" }, delay: { type: "string" }, jitter: { type: "string" }, dup: { type: "string" }, reorder: { type: "string" },
  corrupt: { type: "string" }, limit: { type: "string" },
} as const;

type Verb = (lab: Lab, words: string[], p: Parsed) => Promise<number | void>;

const VERBS: Record<string, { words: [number, number]; options?: string[]; run: Verb }> = {
  status: { words: [0, 0], run: async lab => { process.stdout.write(await describe(lab)); } },
  kill: { words: [1, 8], run: async (lab, names) => { for (const n of names) await lab.kill(n); } },
  pause: { words: [1, 8], run: async (lab, names) => names.forEach(n => lab.pause(n)) },
  resume: { words: [1, 8], run: async (lab, names) => names.forEach(n => lab.resume(n)) },
  restart: { words: [1, 8], run: async (lab, names) => { for (const n of names) await lab.restart(n); } },
  cut: { words: [1, 8], run: async (lab, links) => links.forEach(l => lab.cut(l)) },
  heal: { words: [1, 8], run: async (lab, links) => links.forEach(l => lab.heal(l)) },
  shape: { words: [1, 8], options: ["rate", "loss", "delay", "jitter", "dup", "reorder", "corrupt", "limit"], run: async (lab, links, p) => { for (const l of links) await lab.shape(l, shapeOf(p)); } },
  log: { words: [1, 1], run: async (lab, [n]) => { process.stdout.write(lab.log(n)); } },
  ask: { words: [2, 32], run: async (lab, [n, ...line]) => { const a = await lab.command(n, line.join(" ")); process.stdout.write(`${a.trimEnd()}\n`); return a.startsWith("error: ") ? 1 : 0; } },
};

export const command: Command = {
  help: `
hydranet lab up [--site FILE | --boards] [--replicas N] [--seed N] [--pcap] [--record] [--sockets] [--log LEVEL]
hydranet lab down | status
hydranet lab kill | pause | resume | restart NODE...
hydranet lab cut | heal LINK...
hydranet lab shape LINK... [--rate R] [--loss P] [--delay MS] [--jitter MS] [--dup P] [--reorder P] [--corrupt P] [--limit MS]
hydranet lab log NODE             what a node has said
hydranet lab ask NODE WORDS...    a line to its control socket, or to a board's console
hydranet lab exec NODE -- PROGRAM ...

A site in network namespaces of this machine; without root in a user namespace.

  --run NAME      name of the lab (default lab)
  --site FILE     site file (default examples/lab.toml)
  --boards        the site examples/boards.toml: redirector and servers are boards in QEMU. Nodes with a board may stand in any site
  --replicas N    cuts chains to N members
  --pcap          nodes write RUN/NODE.pcap; --record: RUN/NODE.rec, for hydranet replay
  --sockets       host servers lend their TCP to local programs at RUN/NODE.sock, for hydranet nc (docs/sockets.md)
  --rate R        such as 10mbit, 500kbit, 1gbit
  P               a probability such as 0.01, or 1%
  LINK            s1 (a node's own link), r.eth1 (one of several), s1-s0 (both ways between two), 'r>s1' (one way)

shape without settings takes the impairment of the link away. 'cut r.eth1' unplugs; heal takes the same name as cut.`,

  async run(args) {
    const dashes = args.indexOf("--"), program = dashes < 0 ? [] : args.slice(dashes + 1);
    const p = parse(dashes < 0 ? args : args.slice(0, dashes), OPTIONS), [verb, ...words] = p.words;
    if (verb === undefined) throw new UsageError("what to do is missing: up, down, status, ...");
    const known = ["up", "down", "exec", ...Object.keys(VERBS)];
    if (!known.includes(verb)) throw new UsageError(`unknown word '${verb}', expected one of ${known.join(", ")}`);
    const run = typeof p.options.run === "string" ? p.options.run : "lab";
    check(verb, words, p, program);
    if (verb === "up" && !process.env.HYDRANET_INSIDE) await build([], say);
    process.env.HYDRANET_INSIDE = "1";
    const status = verb === "down" && process.getuid!() !== 0 ? await enter(run, false).catch(() => 0) : await enter(run, verb === "up");
    if (status !== undefined) {
      if (verb === "down") release(run);
      return status;
    }
    if (verb === "up") return up(run, p);
    if (verb === "down") { Lab.remove(run); return 0; }
    const lab = Lab.attach(run);
    if (verb === "exec") return hand("nsenter", inside(lab.ns(words[0]), ...program).slice(1));
    return await VERBS[verb].run(lab, words, p) ?? 0;
  },
};

/** Refuses words and options that the verb does not take, before anything is done. */
function check(verb: string, words: string[], p: Parsed, program: string[]): void {
  const [least, most] = verb === "exec" ? [1, 1] : VERBS[verb]?.words ?? [0, 0];
  if (words.length < least) throw new UsageError(`${verb}: a NODE or LINK is missing`);
  if (words.length > most) throw new UsageError(`${verb}: unexpected word '${words[most]}'`);
  if (verb === "exec" ? program.length === 0 : program.length > 0) throw new UsageError(verb === "exec" ? "exec NODE -- PROGRAM is missing" : `${verb}: takes no '--'`);
  const takes = ["run", ...(verb === "up" ? ["site", "boards", "replicas", "pcap", "record", "sockets", "log", "seed"] : VERBS[verb]?.options ?? [])];
  for (const o of Object.keys(p.options)) if (!takes.includes(o)) throw new UsageError(`${verb}: takes no option --${o}`);
  logLevel(p);
  shapeOf(p);
}

async function up(run: string, p: Parsed): Promise<number> {
  if (p.options.boards && p.options.site !== undefined) throw new UsageError("--boards: names a site itself, --site another");
  const file = typeof p.options.site === "string" ? p.options.site : path.join(ROOT, p.options.boards ? "examples/boards.toml" : "examples/lab.toml");
  const lab = await Lab.up(file, {
    run, keep: true, replicas: number(p, "replicas", 1, 5), seed: number(p, "seed", 0, 999999999), pcap: p.options.pcap === true, record: p.options.record === true,
    sockets: p.options.sockets === true, log: logLevel(p),
  });
  process.stdout.write(`lab '${run}' is up, ${lab.dir}\n${await describe(lab)}`);
  return 0;
}

async function describe(lab: Lab): Promise<string> {
  const all = await lab.statuses();
  const nodes = lab.site.nodes.map(n => {
    const state = n.role === "linux" ? "" : lab.paused(n.name) ? "paused" : !lab.running(n.name) ? trapOf(lab.log(n.name)) ?? "down" : all[n.name] ? `runs, pid ${lab.pid(n.name)}` : "does not answer";
    return `${n.name.padEnd(8)} ${n.role.padEnd(10)} ${state}`.trimEnd();
  });
  const services = await Promise.all(lab.site.services.map(async s => {
    const c = await lab.chain(s.name);
    return `${s.name.padEnd(8)} view ${c.view}: ${c.members.join(" <- ") || "no members"}${c.primary ? `, ${c.primary} speaks` : ""}`;
  }));
  return `${[...nodes, ...services].join("\n")}\n`;
}

function shapeOf(p: Parsed): Shape {
  const s: Shape = {};
  if (p.options.rate !== undefined) s.rate = kbit(String(p.options.rate));
  for (const key of ["loss", "dup", "reorder", "corrupt"] as const) if (p.options[key] !== undefined) s[key] = probability(key, String(p.options[key]));
  for (const key of ["delay", "jitter", "limit"] as const) { const v = number(p, key, 0, 60000); if (v !== undefined) s[key] = v; }
  return s;
}

function kbit(text: string): number {
  const m = /^(\d+(?:\.\d+)?)(k|m|g)bit$/i.exec(text), v = m ? Number(m[1]) * { k: 1, m: 1e3, g: 1e6 }[m[2].toLowerCase() as "k" | "m" | "g"] : 0;
  if (v < 1 || v > 1e8) throw new UsageError(`--rate: found '${text}', expected a rate such as 10mbit`);
  return v;
}

function probability(key: string, text: string): number {
  const m = /^(\d*\.?\d+)(%?)$/.exec(text), v = m ? Number(m[1]) / (m[2] ? 100 : 1) : -1;
  if (v < 0 || v > 1) throw new UsageError(`--${key}: found '${text}', expected a probability such as 0.01 or 1%`);
  return v;
}
