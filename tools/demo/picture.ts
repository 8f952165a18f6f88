// The live picture on the terminal: the chain, who is primary, how far each replica is, what happened, how long the client waits.

/** One server as the lab and its status show it. */
export interface Replica {
  name: string;
  state: "primary" | "backup" | "outside" | "dead";
  /** Bytes produced and received on the connections that are followed. */
  produced: number;
  received: number;
}

export interface Scene {
  t: number;
  title: string;
  view: number;
  chain: Replica[];
  /** What the client does, each with its share (0 to 1) and a remark. */
  work: { name: string; share: number; remark: string }[];
  /** What the client saw at each kill so far, milliseconds. */
  stalls: { node: string; ms: number }[];
  events: { t: number; text: string }[];
}

const WIDTH = 78, BAR = 28, EVENTS = 6;
const clock = (ms: number): string => { const s = Math.max(0, ms) / 1000; return `${String(Math.floor(s / 60)).padStart(2, "0")}:${(s % 60).toFixed(1).padStart(4, "0")}`; };
const num = (n: number): string => n.toLocaleString("en-US");
const SIGN = { primary: "*", backup: "o", outside: ".", dead: "x" };

export const bar = (share: number, width = BAR): string => { const n = Math.round(Math.min(1, Math.max(0, share)) * width); return "#".repeat(n) + "-".repeat(width - n); };

/** The picture's lines, each at most WIDTH characters. */
export function draw(s: Scene): string[] {
  const out = [`${clock(s.t)}  ${s.title}`.padEnd(WIDTH - 10) + `view ${s.view}`.padStart(10), ""];
  const middle = (s.chain.length - 1) >> 1;
  s.chain.forEach((r, i) => {
    const left = i === middle ? "  client --- redirector --" : "                         ";
    const branch = s.chain.length === 1 ? "--" : i === 0 ? ",-" : i === s.chain.length - 1 ? "`-" : i === middle ? "+-" : "|-";
    const done = r.state === "dead" ? "" : `${num(r.produced)} out, ${num(r.received)} in`;
    out.push(`${left}${branch} ${SIGN[r.state]} ${r.name.padEnd(3)} ${r.state.padEnd(8)} ${done}`.slice(0, WIDTH));
  });
  out.push("");
  for (const w of s.work) out.push(`  ${w.name.padEnd(9)} [${bar(w.share)}] ${w.remark}`.slice(0, WIDTH));
  const stalls = s.stalls.map(k => `${Math.round(k.ms)} ms (${k.node})`).join(", ");
  out.push(`  ${"client".padEnd(9)} stall at each kill: ${stalls || "none so far"}`.slice(0, WIDTH), "");
  for (const e of s.events.slice(-EVENTS)) out.push(`  ${clock(e.t)}  ${e.text}`.slice(0, WIDTH));
  while (out.length < 7 + s.chain.length + s.work.length + EVENTS - 1) out.push("");
  return out;
}

const COLOUR: [RegExp, number][] = [[/\* \w+ +primary/, 32], [/x \w+ +dead/, 31], [/\. \w+ +outside/, 33], [/\b\w+ killed, the primary/, 31], [/\bprimary is\b.*/, 32]];

/** Draws over the picture before, on a terminal; on anything else it writes events alone, each once. */
export class Screen {
  private height = 0;
  private told = 0;
  constructor(private readonly out: NodeJS.WriteStream, private readonly live: boolean) {}

  show(s: Scene): void {
    if (!this.live) {
      for (; this.told < s.events.length; this.told++) this.out.write(`${clock(s.events[this.told].t)}  ${s.events[this.told].text}\n`);
      return;
    }
    const lines = draw(s).map(paint);
    this.out.write((this.height ? `\x1b[${this.height}A` : "") + lines.map(l => `\x1b[2K${l}\n`).join("") + (this.height > lines.length ? "\x1b[J" : ""));
    this.height = lines.length;
  }
}

export function paint(line: string): string {
  for (const [what, colour] of COLOUR) line = line.replace(what, m => `\x1b[${colour}m${m}\x1b[0m`);
  return line;
}
