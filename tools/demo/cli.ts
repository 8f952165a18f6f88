// `hydranet demo`.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../asc.ts";
import { build } from "../build/build.ts";
import { type Command, number, parse, say, UsageError } from "../command.ts";
import { LabBed } from "./lab.ts";
import { prepare } from "./material.ts";
import { page } from "./page.ts";
import { Screen } from "./picture.ts";
import { report } from "./report.ts";
import { exitStatus } from "./results.ts";
import { Demo } from "./run.ts";

const FRAMES = 1509, FAST_FRAMES = 450, BULK = 100_000_000, BULK_RATE = 100e6;
/** The same between boards on Ethernet of 10 Mbit/s. */
const BOARDS_BULK = 10_000_000, BOARDS_RATE = 10e6;

export const command: Command = {
  help: `
hydranet demo [--fast] [--boards] [--replicas N] [--report FILE] [--plain]

Plays a video in real time from three replicated servers, kills the primary twice while it plays, starts the dead servers again, and moves
100 MB down and up through a third kill. Reports what the client saw, on the terminal and as a page. The exit status is 0 when every promise held.

  --fast         a shorter video, the same kills: under a minute
  --boards       redirector and servers are boards in QEMU, a 486 and three Pentiums, on links of 10 Mbit/s; 10 MB in place of 100. With --fast only:
                 the servers hold what they serve in their 16 MiB
  --replicas N   servers in the chain, 1 to 3 (default 3); with one, the video breaks: the control
  --report FILE  where the page goes (default build/demo/report.html); its figures go to FILE with .json
  --plain        events line by line in place of the live picture`,

  async run(args) {
    const p = parse(args, { fast: { type: "boolean" }, boards: { type: "boolean" }, replicas: { type: "string" }, report: { type: "string" }, plain: { type: "boolean" } }, 0);
    const replicas = number(p, "replicas", 1, 3) ?? 3, fast = p.options.fast === true, boards = p.options.boards === true, file = path.resolve(typeof p.options.report === "string" ? p.options.report : path.join(ROOT, "build/demo/report.html"));
    if (boards && !fast) throw new UsageError("--boards: with --fast only: the whole video and the file do not fit into a board's memory");
    mkdirSync(path.dirname(file), { recursive: true });
    if (!process.env.HYDRANET_INSIDE) await build([], say);
    const frames = fast ? FAST_FRAMES : FRAMES, material = await prepare(frames, boards ? BOARDS_BULK : BULK, say);
    const live = Boolean(process.stdout.isTTY) && p.options.plain !== true;
    const bed = new LabBed(material.folder, replicas, boards), ffmpeg = execFileSync("ffmpeg", ["-version"], { encoding: "utf8" }).split("\n")[0].split(" Copyright")[0];
    const results = await new Demo(bed, material, { fast, replicas, ffmpeg, bulkRate: boards ? BOARDS_RATE : BULK_RATE }, new Screen(process.stdout, live)).run();
    writeFileSync(file, page(results));
    writeFileSync(file.replace(/(\.html?)?$/, ".json"), JSON.stringify(results));
    const colour = (held: boolean, text: string): string => live ? `\x1b[${held ? 32 : 31}m${text}\x1b[0m` : text;
    process.stdout.write(`${report(results, colour)}\n${pathToFileURL(file).href}\n`);
    return exitStatus(results);
  },
};
