// `hydranet ctl`: asks a node that `hydranet run` runs.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { BUILD } from "../build/build.ts";
import { type Command, parse, UsageError } from "../command.ts";
import { ask } from "../lab/control.ts";
import { NODES } from "./cli.ts";

export const command: Command = {
  help: `
hydranet ctl NODE status            the node's status as JSON
hydranet ctl NODE counters          what it refused, by name
hydranet ctl NODE WORDS...          a command of the node
hydranet ctl --socket PATH ...      the same by a control socket's path`,

  async run(args) {
    const p = parse(args, { socket: { type: "string" } }), named = typeof p.options.socket === "string";
    const [node, ...line] = named ? ["", ...p.words] : p.words;
    if (node === undefined) throw new UsageError(`NODE is missing${running()}`);
    if (line.length === 0) throw new UsageError("what to ask is missing: status, counters, ...");
    const socket = named ? p.options.socket as string : path.join(NODES, node, "ctl");
    if (!existsSync(socket)) throw new Error(named ? `${socket}: no such socket` : `no node '${node}' runs here${running()}`);
    const answer = await ask(socket, line[0] === "counters" ? "status" : line.join(" "));
    process.stdout.write(line[0] === "counters" ? counters(answer) : `${answer.trimEnd()}\n`);
    return answer.startsWith("error: ") ? 1 : 0;
  },
};

function running(): string {
  const names = existsSync(NODES) ? readdirSync(NODES) : [];
  return names.length ? `; there are ${names.join(", ")}` : "";
}

/** Counters that are not zero, by name. The status has them as an object by index. */
function counters(status: string): string {
  const names = JSON.parse(readFileSync(path.join(BUILD, "counters.json"), "utf8")) as Record<string, string>;
  const values = (JSON.parse(status) as { counters?: Record<string, number> }).counters ?? {};
  return Object.entries(values).filter(([, v]) => v !== 0).map(([i, v]) => `${String(v).padStart(12)}  ${names[i] ?? i}\n`).join("");
}
