// Packets of unusual kinds: ICMP, fragments, floods of SYNs.

import { Kind } from "../config.ts";
import { Flag, icmp, Proto } from "../packet.ts";
import { Ttcp } from "../pattern.ts";
import { fragments, tooBig } from "../raw.ts";
import { isCopy } from "../wire.ts";
import { MS, SECOND, type Scenario } from "./scenario.ts";
import { bytes, closed, Count, echoes, opened, sum } from "./scripted.ts";

const UNUSUAL: Scenario[] = [
  {
    name: "fragmentation-needed",
    about: "a router says that a segment of the primary's was too big: smaller ones follow, also after a takeover; a blind forgery changes nothing",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [600_000, 3] }] },
    play(s) {
      s.chain([0, 1, 2]);
      const peer = s.raw(), c = peer.conn(2000, 5001, { window: 8000 });
      c.syn();
      s.until("the handshake", 200 * MS, () => c.irs >= 0);
      c.answers = false;
      s.run(20 * MS);
      const big = c.heard.filter(h => h.s.length > 1000), last = big[big.length - 1];
      s.expect("large segments", big.length > 0);
      const says = (h: typeof last, mtu: number, by = 0): void => {
        const e = tooBig({ ...h, s: Object.assign(Object.create(Object.getPrototypeOf(h.s)), h.s, { seq: h.s.seq + by >>> 0 }) }, mtu);
        peer.frame(peer.packet(h.s.src, Proto.icmp, icmp(e.type, e.code, e.rest, e.data)));
      };
      says(last, 576, 1_000_000);
      s.run(5 * MS);
      s.expect("the forgery is refused", s.count(0, Count.icmpBlind) === 1 && s.count(0, Count.mtu) === 0);
      says(last, 1000);
      s.run(5 * MS);
      s.expect("the message is taken", s.count(0, Count.mtu) === 1);
      const at = s.now;
      c.answers = true;
      c.window = 65535;
      c.ack();
      s.run(20 * MS);
      s.expect("segments are small", c.since(at + MS).filter(h => h.s.length > 0).length > 3 && c.since(at + MS).every(h => h.s.length <= 948));
      s.crash(s.s(0));
      s.chain([1, 2]);
      s.until("all sent", 10 * SECOND, () => c.ended);
      s.expect("the stream", Buffer.compare(c.got, new Ttcp(3).slice(0, 600_000)) === 0);
      c.fin(0);
      s.until("closed", SECOND, () => c.acked === 1);
      s.finish();
    },
  },
  {
    name: "fragments-to-a-replicated-connection",
    about: "a client's segments come in fragments, out of order, some lost at one replica: all replicas see the same bytes",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      const inPieces = (off: number, n: number, reverse: boolean): void => {
        const parts = fragments(c.build(off, {}, bytes(off, n)), 512);
        for (const f of reverse ? parts.reverse() : parts) c.peer.frame(f);
      };
      inPieces(0, 1400, false);
      s.until("the echo", 100 * MS, () => c.got.length === 1400);
      inPieces(1400, 1400, true);
      s.until("the echo", 100 * MS, () => c.got.length === 2800);
      s.lose(s.r, s.s(2), isCopy, 1);
      inPieces(2800, 1400, false);
      s.until("the echo", 100 * MS, () => c.got.length === 4200);
      s.crash(s.s(0));
      s.chain([1, 2]);
      inPieces(4200, 1400, false);
      s.until("the echo", 200 * MS, () => c.got.length === 5600);
      s.expect("the echo is what was sent", Buffer.compare(c.got, bytes(0, 5600)) === 0);
      closed(s, c, 5600);
    },
  },
];

const FLOODS: Scenario[] = ["none", "primary", "middle", "tail"].map((victim, k): Scenario => ({
  name: victim === "none" ? "syn-flood" : `syn-flood-kills-${victim}`,
  about: `SYNs that nobody completes fill the table${k ? `, and the ${victim} dies` : ""}: a client that completes its handshake is served by a cookie (R12)`,
  play(s) {
    s.world.check.cookies = true;
    s.chain([0, 1, 2]);
    const peer = s.raw(), before = s.echo(30_000, { turn: 300 });
    s.run(10 * MS);
    const flood = (from: number, n: number): void => {
      for (let i = from; i < from + n; i++) { peer.frame(peer.segment(10_000 + i, 7, 1 + i, 0, Flag.syn, 65535, undefined, undefined, 0xc6336400 + i % 250)); s.run(100); }
    };
    flood(0, 60);
    s.until("cookies", 100 * MS, () => { flood(100, 10); return sum(s, [0, 1, 2], Count.cookieSent) > 0; });
    const c = peer.conn(2000, 7, { sack: true, wscale: 2 });
    c.syn();
    if (k) { s.run(2 * MS); s.crash(s.s(k - 1)); }
    for (let i = 0; i < 40; i++) { flood(200 + 10 * i, 10); if (c.irs < 0 && i % 10 === 9) c.syn(); }
    s.until("the handshake", 5 * SECOND, () => c.irs >= 0 || (c.syn(), s.run(300 * MS), c.irs >= 0));
    s.run(20 * MS);
    echoes(s, c, 0, 1000, 2 * SECOND);
    s.until("the flow from before", 20 * SECOND, () => before.done);
    s.chain([0, 1, 2].filter(i => i !== k - 1));
    s.run(200 * SECOND);     // what nobody completes is given up
    closed(s, c, 1000);
  },
}));

export const PACKETS: Scenario[] = [...UNUSUAL, ...FLOODS];
