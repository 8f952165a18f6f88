import * as block from "../core/block";
import * as bed from "../net/bed";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as site from "../../assembly/core/site";
import { Manage } from "../../assembly/manage/counters";
import * as outbox from "../../assembly/manage/outbox";
import { ETH } from "../../assembly/wire/eth";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import * as wire from "../../assembly/wire/manage";
import { Message, Msg } from "../../assembly/wire/manage";
import { Udp, UDP } from "../../assembly/wire/udp";

const KEY: usize = memory.data(16, 16);

function put(kind: u32, to: u32): Message {
  const m = outbox.begin(kind, 3, 1, to);
  outbox.add(m, KEY);
  return m;
}
function waiting(): u32 { let n: u32 = 0; for (; outbox.oldest() != null; n++) outbox.drop(); return n; }

describe("outbox", () => {
  beforeEach(() => {
    bed.start();
    block.standard(1, 3, 3);
    counters.clear();
    site.init();
    outbox.init();
    bed.meet(0, 0x0a000002, 2); bed.meet(0, 0x0a000003, 3);
  });
  afterEach(bed.end);

  test("messages_leave_in_their_order_as_datagrams_between_the_configured_addresses_and_ports", () => {
    put(Msg.grant, 2); put(Msg.view, 3);
    outbox.drain();
    const kinds: u32[] = [Msg.grant, Msg.view], lengths: u32[] = [72, 128];
    for (let i = 0; i < 2; i++) {
      expect(bed.next(0)).toBe(ETH + IP + UDP + lengths[i]);
      const h = changetype<Ip4>(bed.OUT + ETH), u = changetype<Udp>(bed.OUT + ETH + IP), p = bed.OUT + ETH + IP + UDP;
      expect(h.src).toBe(0x0a000001); expect(h.dst).toBe(0x0a000002 + i);
      expect(<u32>u.srcPort).toBe(7001); expect(<u32>u.dstPort).toBe(7001);
      expect(wire.check(p, lengths[i], KEY)).toBe(wire.Check.ok);
      const m = changetype<Message>(p);
      expect(<u32>m.kind).toBe(kinds[i]); expect(<u32>m.service).toBe(3); expect(<u32>m.sender).toBe(1); expect(<u32>m.receiver).toBe(2 + i); expect(<u32>m.site).toBe(77);
    }
    expect(bed.next(0)).toBe(0);
    outbox.drain();
    expect(bed.next(0)).toBe(0, "each leaves once");
  });
  test("r13_the_sites_time_is_told_only_where_it_is_known", () => {
    let m = put(Msg.grant, 2);
    expect(<u32>m.flags).toBe(0); expect(m.siteMs).toBe(0);
    site.set(5000);
    m = put(Msg.grant, 2);
    expect(<u32>m.flags).toBe(wire.Flag.siteKnown); expect(m.siteMs).toBe(clock.ms + 5000);
  });
  test("a_full_box_loses_the_newest_and_counts_it", () => {
    for (let i: u32 = 0; i < 64; i++) put(Msg.grant, 2);
    expect(counters.get(Manage.outboxFull)).toBe(0);
    put(Msg.view, 3); put(Msg.view, 3);
    expect(counters.get(Manage.outboxFull)).toBe(2);
    let others = 0;
    for (let m = outbox.oldest(); m != null; m = outbox.oldest()) { if (<u32>m.kind != Msg.grant || wire.check(changetype<usize>(m), 72, KEY) != wire.Check.ok) others++; outbox.drop(); }
    expect(others).toBe(0);
  });
  test("its_numbers_go_on_round_after_round", () => {
    for (let round: u32 = 0; round < 10; round++) { for (let i: u32 = 0; i < 50; i++) put(Msg.grant, 2); expect(waiting()).toBe(50); }
    expect(counters.get(Manage.outboxFull)).toBe(0);
  });
  test("without_a_frame_buffer_what_waits_is_dropped_and_counted_once", () => {
    put(Msg.grant, 2); put(Msg.grant, 3);
    const held: usize[] = [];
    for (let f = frame.alloc(); f != 0; f = frame.alloc()) held.push(f);
    outbox.drain();
    expect(counters.get(Manage.noBuffer)).toBe(1);
    for (let i = 0; i < held.length; i++) frame.free(held[i]);
    outbox.drain();
    expect(bed.next(0)).toBe(0);
  });
});
