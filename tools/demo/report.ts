// The report on the terminal.

import { percent, promises, type Results, type Stream } from "./results.ts";

const time = (ms: number): string => `${(ms / 1000).toFixed(2).padStart(6)} s`;
const num = (n: number): string => n.toLocaleString("en-US");

/** The report as text; `mark` may colour what held and what did not. */
export function report(r: Results, mark: (held: boolean, text: string) => string = (_, t) => t): string {
  const p = r.player, out: string[] = ["", `HydraNet demonstration, ${r.replicas} replica${r.replicas === 1 ? "" : "s"}, ${r.began}`, r.system, ""];
  out.push(`video      ${num(p.played)} of ${num(p.frames)} frames played, ${p.late} late, the worst by ${Math.round(p.worst)} ms`);
  for (const s of [r.video, ...r.bulk]) out.push(...stream(s));
  out.push("", `client     retransmitted ${r.counters.video.retransmitted} segments during the video, ${r.counters.bulk.retransmitted} during the transfers; its retransmission timer`);
  out.push(`           ran out ${r.counters.video.timeouts} and ${r.counters.bulk.timeouts} times`, "");
  for (const m of r.machines) out.push(`board      ${m.node}: ${m.board}, ${m.machine} with ${m.cpu} and ${m.memory}, ${m.nics}; image ${m.sha256}; processes ${m.runs.map(x => `${x.pid}${x.killed ? " (killed)" : ""}`).join(", ")}`);
  if (r.machines.length) out.push("");
  for (const q of promises(r)) out.push(mark(q.held, `${q.held ? "  held  " : "  BROKEN"} ${q.text}: ${q.found}`));
  return out.join("\n") + "\n";
}

function stream(s: Stream): string[] {
  const out = [`${s.name.padEnd(10)} ${num(s.points.at(-1)?.[1] ?? 0)} bytes in ${s.seconds.toFixed(1)} s, undisturbed: longest stall ${s.waitWorst.toFixed(0)} ms, longest gap between bytes ${s.gapWorst.toFixed(0)} ms`];
  for (const k of s.kills) {
    out.push(`           ${time(k.t)}  ${k.node} killed at byte ${num(k.offset)} of ${num(k.size)} (${percent(k.leftAtServer)} of what was left still at the server)`);
    out.push(`                     stall ${k.stall.toFixed(0)} ms (longest gap between bytes ${k.gap.toFixed(0)} ms), then ${num(k.after)} bytes from ${k.successor || "nobody"}`);
  }
  return out;
}
