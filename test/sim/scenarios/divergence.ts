// A replica whose content is not what its hash promises produces other bytes than the others.

import { createHash } from "node:crypto";
import { pack } from "../../../tools/content/image.ts";
import { Kind } from "../config.ts";
import { addr } from "../packet.ts";
import { Noise } from "../pattern.ts";
import { hostId, VHOST } from "../world.ts";
import { httpRequest } from "../workload.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";

const SIZE = 300_000;
const GOOD = new Uint8Array(pack(new Map([["/file", Uint8Array.from({ length: SIZE }, (_, i) => new Noise(5).slice(i, 1)[0])]])));
const BAD = Uint8Array.from(GOOD);
BAD[GOOD.length - SIZE / 2] ^= 1;
const ASKED = httpRequest("hydranet", "/file", true);

function get(s: Stage, from: string): void {
  s.world.flow(0, { name: `download ${from}`, addr: addr(VHOST), port: 80, out: ASKED, outBytes: ASKED.length, shut: "received" });
}

/** Brings host 1, with the bad content, to position i of the chain; the chain then. */
function place(s: Stage, i: number): number[] {
  s.chain([0, 1, 2]);
  s.crash(s.s(1));
  s.chain([0, 2]);
  s.s(1).content = BAD;
  s.boot(s.s(1));
  s.chain([0, 2, 1]);
  const chain = [0, 2, 1];
  for (let left = i; left < 2; left++) {
    // The one before it goes, and comes back behind it.
    const k = chain.indexOf(1) - 1, [gone] = chain.splice(k, 1);
    s.crash(s.s(gone));
    s.chain(chain);
    s.boot(s.s(gone));
    chain.push(gone);
    s.chain(chain);
  }
  return chain;
}

const site = (divergence: number): Scenario["site"] => ({
  services: [{ kind: Kind.http, port: 80, divergence }], content: GOOD, contentHash: createHash("sha256").update(GOOD).digest(),
});

function evicted(i: number): Scenario {
  const where = ["primary", "middle", "tail"][i];
  return {
    name: `divergence-evicts-${where}`,
    about: `the ${where}'s disk gives other bytes: the majority finds out, and it is removed`,
    site: site(1),
    play(s) {
      const chain = place(s, i);
      get(s, chain.join(" "));
      s.until("the wrong replica is out", SECOND, () => !s.world.check.membersOf(0).includes(hostId(1)));
      s.chain(chain.filter(h => h !== 1));
      s.finish();
    },
  };
}

export const DIVERGENCE: Scenario[] = [
  evicted(0), evicted(1), evicted(2),
  {
    name: "divergence-warns",
    about: "where the policy is to warn, nobody is removed",
    site: site(0),
    play(s) {
      const chain = place(s, 1);
      get(s, chain.join(" "));
      s.finish();
      s.run(100 * MS);
      s.chain(chain);
    },
  },
];
