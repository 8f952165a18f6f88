// The control interface: lines of any bytes as commands, status after each. A command says something or gives an error; status is JSON whatever came.

import { Violation } from "../../sim/engine.ts";
import { Bed, MS } from "../bed.ts";
import { Source } from "../source.ts";
import { judged, type Target } from "../target.ts";
import { type Exports, type SimNode } from "../../sim/node.ts";

const WORDS = ["log", "status", "counters", "handover", "cookie", "metric", "limit", "view", "0", "1", "3", "4", "-1", "65535", "999999999", "99999999999", "s0", "x", "", "\t", "\0", "é"];
/** Length of the buffer that takes commands. */
const LINE = 16384;

export const command: Target = {
  name: "command",
  about: "command lines of any bytes at every node: an answer or an error, status stays JSON, the site goes on",
  acts: 40,
  run(modules, input, log) {
    const features = new Set<string>();
    return judged(features, () => {
      const bed = new Bed(modules, { victims: 1, log });
      for (const act of input) {
        const s = new Source(act), n = s.pick(bed.nodes), line = lineOf(s);
        features.add(`${n === bed.redirector ? "r" : "h"} ${answer(n, line).replace(/\d+/g, "#").slice(0, 40)}`);
        status(n);
        bed.run(s.pick([0, 1, 20]) * MS);
      }
      bed.finish();
      return bed.world.engine.hash();
    });
  },
};

function lineOf(s: Source): Uint8Array {
  if (s.oneIn(8)) return s.fill(s.pick([0, 1, 200, LINE, LINE - 1]));
  if (s.oneIn(4)) return s.rest(60);
  const words: string[] = [];
  for (let n = s.between(1, 5); n > 0; n--) words.push(s.pick(WORDS));
  return Buffer.from(words.join(s.oneIn(6) ? "  " : " "));
}

const abiOf = (x: Exports): number => x.abi() >>> 2;

function textOf(n: SimNode, length: number): string {
  const at = n.words[abiOf(n.exports!) + 6];
  return Buffer.from(n.bytes.subarray(at, at + length)).toString();
}

function answer(n: SimNode, line: Uint8Array): string {
  const x = n.exports!;
  n.bytes.set(line, n.words[abiOf(x) + 2]);
  let length: number;
  try { length = (x.command as (n: number) => number)(line.length); } catch (e) { throw new Violation(`${n.name}: trap in command: ${(e as Error).stack}`); }
  if (length > LINE) throw new Violation(`${n.name}: an answer of ${length} bytes`);
  return length < 0 ? String(length) : textOf(n, length);
}

function status(n: SimNode): void {
  const text = textOf(n, (n.exports!.status as () => number)());
  try { JSON.parse(text); } catch (e) { throw new Violation(`${n.name}: status is no JSON: ${(e as Error).message}: ${text.slice(0, 300)}`); }
}
