import * as arp from "../../assembly/net/arp";
import * as bed from "./bed";
import * as eth from "../../assembly/net/eth";
import * as frame from "../../assembly/core/frame";
import * as ip from "../../assembly/net/ip";
import * as tunnel from "../../assembly/net/tunnel";
import { ETH } from "../../assembly/wire/eth";
import { Net } from "../../assembly/net/counters";
import { Verdict } from "../../assembly/net/verdict";

let seed: u32 = 3;
function random(): u32 { seed = seed * 1664525 + 1013904223; return seed ^ seed >> 13; }

describe("net", () => {
  test("a_neighbour_that_does_not_answer_makes_a_forwarded_packet_unreachable", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    const p = bed.packet(0, bed.PEER, bed.FAR, 6, 40);
    arp.send(1, bed.FAR, p + ETH, 60, 0, 0, 0);
    bed.later(2500);
    expect(bed.next(0)).toBe(ETH + 28 + 60);
    expect(bed.hex(bed.OUT + ETH + 20, 2)).toBe("0301");
    bed.counted(Net.arpFailed);
    bed.end();
  });
  test("random_frames_neither_trap_nor_leak", () => {
    bed.start();
    tunnel.init(bed.PEER, bed.A, 0);
    for (let k = 0; k < 20000; k++) {
      const n = random() % 120, p = bed.packet(0, bed.PEER, (random() & 1) != 0 ? bed.A : bed.FAR, random() % 20, n);
      if ((random() & 1) != 0) bed.head(p).frag = random() & 0x2007;
      if ((random() & 3) == 0) bed.head(p).setHeaderLen((random() & 3) * 4 + 20);
      for (let flips = random() & 3; flips > 0; flips--) store<u8>(p + random() % (ETH + 20 + n), <u8>random());
      if ((random() & 7) != 0) bed.head(p).seal();
      const v = eth.input(0, p, ETH + 20 + n);
      if (v == Verdict.ipip) { if (tunnel.input(ip.p, ip.n) != Verdict.done) frame.free(ip.p); }
      else if (v != Verdict.done) frame.free(ip.p);
      bed.drain();
      if ((k & 63) == 0) bed.later(20);
    }
    expect(bed.sum() > 10000).toBeTruthy("most were refused");
    bed.end();
  });
});
