// What a run of the demonstration found, and whether every promise held. The report is made from this alone.

import { LATE_MS } from "./frames.ts";
import type { Point } from "./follow.ts";
import type { Counters } from "./clients.ts";

/** Times are milliseconds since the run began. */
export interface Kill {
  t: number;
  node: string;
  /** The primary after it; empty: nobody. */
  successor: string;
  /** Stream offset that the client had when the plug was pulled, of `size` bytes. */
  offset: number;
  size: number;
  /** Share of the stream that was not yet played (or transferred) then, and of that the share that was still at the server. */
  left: number;
  leftAtServer: number;
  /** The longest time without a new byte around the kill while the client had room for it, and when that began. */
  stall: number;
  stallFrom: number;
  /** The longest time without a new byte, with or without room. */
  gap: number;
  /** Bytes that came after it. */
  after: number;
}

/** One connection, as the capture at the client's interface shows it. */
export interface Stream {
  name: string;
  size: number;
  points: Point[];
  kills: Kill[];
  connections: number;
  resets: number;
  resent: number;
  /** What came (or what the server says that it got) against the original. */
  digest: string;
  expected: string;
  /** Median and longest time between new bytes while no plug was pulled, and the longest while the client had room. */
  gapMedian: number;
  gapWorst: number;
  waitWorst: number;
  seconds: number;
}

/** A node that is a board. */
export interface Machine {
  node: string;
  board: string;
  machine: string;
  cpu: string;
  memory: string;
  nics: string;
  /** Of the image as it was written in this run, before the machine wrote to it. */
  sha256: string;
  /** QEMU's command line, and what of it runs: the processes in the order of their starts. */
  command: string;
  runs: { pid: number; genuine: boolean; found: string; killed: boolean }[];
  /** What the drivers counted, and the last lines of the console. */
  counters: string;
  said: string;
}

export interface Results {
  began: string;
  fast: boolean;
  replicas: number;
  system: string;
  player: { program: string; exit: number; frames: number; played: number; late: number; worst: number; lateness: number[]; words: string };
  video: Stream;
  bulk: Stream[];
  counters: { video: Counters; bulk: Counters };
  events: { t: number; text: string }[];
  /** Packets that the capture lost: figures are then too good. */
  lost: number;
  /** The boards; empty where all nodes run under wasmtime. */
  machines: Machine[];
  /** What ended the run early. */
  error?: string;
}

export interface Promised { text: string; held: boolean; found: string }

/** Share of what was left that must still be at the server at a kill, so that nothing is won by buffering. */
export const AT_SERVER = 1 / 3;
/** A bulk kill falls between these shares of both transfers. */
export const BULK_FROM = 0.3, BULK_TO = 0.7;

/** Everything that the demonstration promises. */
export function promises(r: Results): Promised[] {
  const out: Promised[] = [], p = r.player, streams = [r.video, ...r.bulk];
  const add = (text: string, held: boolean, found: string): void => { out.push({ text, held, found }); };
  if (r.error !== undefined) add("the run comes to its end", false, r.error);
  add(`all ${p.frames} frames are played`, p.played === p.frames && p.exit === 0, `${p.played} played, player's exit status ${p.exit}`);
  add(`no frame is more than ${LATE_MS} ms late`, p.played === p.frames && p.late === 0, `${p.late} late, the worst by ${Math.round(p.worst)} ms`);
  add("two primaries are killed while the video plays", r.video.kills.length === 2, `${r.video.kills.length} killed`);
  for (const s of streams) add(`the bytes of the ${s.name} are the original's`, s.digest === s.expected && s.digest !== "", s.digest === s.expected ? short(s.digest) : `${short(s.digest) || "nothing"} against ${short(s.expected)}`);
  for (const s of streams) add(`the ${s.name} is one connection`, s.connections === 1, `${s.connections} connections`);
  add("both transfers run through a third kill", r.bulk.length === 2 && r.bulk.every(s => s.kills.length === 1), r.bulk.map(s => `${s.name}: ${s.kills.length}`).join(", ") || "no transfer");
  for (const s of streams) for (const k of s.kills) killPromises(s, k, s !== r.video, add);
  for (const m of r.machines) {
    const wrong = m.runs.filter(x => !x.genuine);
    add(`${m.node} is a board in QEMU that runs the image of this run`, m.runs.length > 0 && wrong.length === 0, wrong.length ? wrong[0].found : `${m.board}, ${m.runs.length} starts, image ${short(m.sha256)}`);
  }
  const resets = streams.reduce((n, s) => n + s.resets, 0);
  add("the client sees no reset", resets === 0, `${resets} resets`);
  const gone = streams.filter(s => s.digest === s.expected && (s.points.at(-1)?.[1] ?? 0) < s.size).map(s => s.name);
  add("the capture is complete", r.lost === 0 && gone.length === 0, gone.length ? `the end of ${gone.join(" and ")} is missing` : `${r.lost} packets lost by the capture`);
  return out;
}

function killPromises(s: Stream, k: Kill, bulk: boolean, add: (text: string, held: boolean, found: string) => void): void {
  const at = `${k.node} killed during the ${s.name}`, share = k.offset / k.size;
  add(`${at}: the successor delivers the rest`, k.after > 0 && k.successor !== "" && k.successor !== k.node, `${k.successor || "nobody"} delivered ${k.after} bytes`);
  if (bulk) add(`${at}: between 30 % and 70 % of it`, share >= BULK_FROM && share <= BULK_TO, percent(share));
  else add(`${at}: a third of what is left is still at the server`, k.leftAtServer >= AT_SERVER, percent(k.leftAtServer));
}

export const percent = (x: number): string => `${(100 * x).toFixed(0)} %`;
export const short = (digest: string): string => digest.length > 40 ? `${digest.slice(0, 16)}...` : digest;

/** 0 when every promise held. */
export const exitStatus = (r: Results): number => promises(r).every(p => p.held) ? 0 : 1;
