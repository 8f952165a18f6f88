// The throughput tables: the grid of buffers and losses (`grid.ts`) and the link conditions (`links.ts`), as they stand in docs/throughput.md. Virtual time
// is deterministic: a figure changes only with the code.

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../../tools/asc.ts";
import { type Modules } from "./build.ts";
import { BUFFERS, LOSSES, transfer } from "./grid.ts";
import { CONDITIONS, type Measured, measure } from "./links.ts";

const FILE = path.join(ROOT, "docs/throughput.md");
/** Seeds of a cell of the grid; its figure is all bytes by all the time. */
const SEEDS = [1, 2, 3, 4, 5];
/** Where a figure has less than this much of the committed one, something has become slower; and where all of them together have less than that. */
export const CELL = 0.8, ALL = 0.97;

/** Figures by name, in the order of the tables. */
export type Figures = Map<string, number>;

const percent = (loss: number): string => `${loss * 100} %`;
const cellName = (buffer: number, loss: number): string => `${buffer} bytes, ${percent(loss)}`;
export const bytesOf = (buffer: number): number => Math.max(20_000, Math.min(400_000, buffer * 20));

/** Throughput in kB/s of one cell. Throws a Violation where a transfer does not complete. */
function cell(modules: Modules, buffer: number, loss: number): number {
  const bytes = bytesOf(buffer), seconds = SEEDS.reduce((n, seed) => n + transfer(modules.peer, { buffer, loss, bytes, seed }).seconds, 0);
  return bytes * SEEDS.length / 1000 / seconds;
}

export function grid(modules: Modules, step: () => void = () => {}): Figures {
  const out: Figures = new Map();
  for (const buffer of BUFFERS) for (const loss of LOSSES) { out.set(cellName(buffer, loss), cell(modules, buffer, loss)); step(); }
  return out;
}

/** Each condition with a plain server and with three replicas. */
export function links(modules: Modules, step: () => void = () => {}): Map<string, [Measured, Measured]> {
  const out = new Map<string, [Measured, Measured]>();
  for (const c of CONDITIONS) { out.set(c.name, [measure(modules, c, 0), measure(modules, c, 3)]); step(); }
  return out;
}

const show = (v: number): string => v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2);
const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;

export function page(g: Figures, l: Map<string, [Measured, Measured]>): string {
  const rows = BUFFERS.map(b => line([String(b), ...LOSSES.map(x => show(g.get(cellName(b, x))!))]));
  const conditions = CONDITIONS.map(c => { const [plain, ft] = l.get(c.name)!; return line([c.name, c.about, show(plain.rate), show(ft.rate), show(plain.slowest), show(ft.slowest)]); });
  return `# Throughput in virtual time

Written by \`npm run sim -- --grid --write\`; \`npm run sim -- --grid\` measures again and fails where a transfer does not complete, or a figure has less than ${CELL} of the one here. The
simulator runs the modules that ship, on a seeded network in virtual time: figures change with the code alone, and say nothing about a processor.

## Buffers and losses

One connection, both buffers of the size given, every frame lost with the probability given in either direction, 100 ms round trip; kB/s over ${SEEDS.length} seeds, each ${bytesOf(BUFFERS[0]) / 1000} to ${bytesOf(BUFFERS[BUFFERS.length - 1]) / 1000} kB.

${line(["buffer, bytes", ...LOSSES.map(percent)])}
${line(["---", ...LOSSES.map(() => "---")])}
${rows.join("\n")}

## The QUIC interop runner's link conditions

Downloads from a plain server and from a chain of three; 15 ms each way, 10 Mbit/s, 25 packets of queue unless said otherwise, impaired in both directions. kB/s, and the slowest connection in seconds.

${line(["condition", "", "plain", "chain of three", "plain, s", "chain of three, s"])}
${line(Array(6).fill("---"))}
${conditions.join("\n")}
`;
}

/** The figures of a page. */
export function read(text: string): Figures {
  const out: Figures = new Map();
  for (const l of text.split("\n")) {
    const c = l.split("|").slice(1, -1).map(s => s.trim());
    if (c.length === LOSSES.length + 1 && /^\d+$/.test(c[0])) LOSSES.forEach((x, i) => out.set(cellName(Number(c[0]), x), Number(c[i + 1])));
    if (c.length === 6 && CONDITIONS.some(x => x.name === c[0])) { out.set(`${c[0]}, plain`, Number(c[2])); out.set(`${c[0]}, chain of three`, Number(c[3])); }
  }
  return out;
}

/** What has become slower than the committed page says: "" or why. Only figures of `now` are looked at. */
export function slower(now: Figures, then: Figures): string {
  const bad: string[] = [];
  let sum = 0, n = 0;
  for (const [name, v] of now) {
    const was = then.get(name);
    if (was === undefined || !(was > 0)) { bad.push(`${name}: not in docs/throughput.md`); continue; }
    if (v < CELL * was) bad.push(`${name}: ${show(v)}, was ${show(was)}`);
    sum += Math.log(v / was);
    n++;
  }
  const all = Math.exp(sum / Math.max(1, n));
  if (all < ALL) bad.push(`all figures together: ${all.toFixed(3)} of what they were`);
  return bad.join("\n");
}

/** Figures of the conditions by the names of `read`. */
export function ratesOf(l: Map<string, [Measured, Measured]>): Figures {
  return new Map([...l].flatMap(([name, [plain, ft]]) => [[`${name}, plain`, plain.rate], [`${name}, chain of three`, ft.rate]] as [string, number][]));
}

export async function committed(): Promise<Figures> { return read(await readFile(FILE, "utf8").catch(() => "")); }

/** `hydranet sim --grid [--write]`. */
export async function throughput(modules: Modules, write: boolean, say: (text: string) => void): Promise<number> {
  let done = 0;
  const step = (): void => { if (++done % 10 === 0) say(`${done} of ${BUFFERS.length * LOSSES.length + CONDITIONS.length}`); };
  const g = grid(modules, step), l = links(modules, step), text = page(g, l);
  console.log(text.slice(text.indexOf("## ")));
  if (write) { await writeFile(FILE, text); return 0; }
  const bad = slower(new Map([...g, ...ratesOf(l)]), await committed());
  if (bad) console.log(`slower than docs/throughput.md:\n${bad}`);
  return bad ? 1 : 0;
}
