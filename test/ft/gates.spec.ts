import { As, DISCARD, F, K, connect, counter, counterSent, done, end, enter, evData, evFin, events, forget, later, lastBits, member, outAck, outEnd, out, poll, produced, r, seg, segments, sentSegment, standing, start, startKind } from "./bed";
import * as gates from "../../assembly/ft/gates";
import * as tcp from "../../assembly/tcp/tcp";

describe("gates", () => {
  afterEach(end);

  test("r6_the_tails_ok_is_its_prod", () => {
    start(As.tail);
    const c = connect(0);
    standing(2, 0);
    seg(K, 1, 1, 10); forget(); poll();
    expect(c.ok).toBe(10);
    const k = counterSent(0)!;
    expect(k.ok).toBe(10); expect(k.prod).toBe(10); expect(<u32>k.flags).toBe(0); expect(k.digest == produced(0)).toBeTruthy();
  });
  test("r6_ok_is_the_minimum_of_the_chain_below", () => {
    start(As.middle);
    const c = connect(0);
    standing(2, 0);
    seg(K, 1, 1, 10);
    events(2); evData(0, 0, 10); done();
    expect(c.prod).toBe(10); expect(c.ok).toBe(0);
    expect(counterSent(0)!.ok).toBe(0);
    counter(0, 0, 10, 4, 0, produced(0));
    expect(c.ok).toBe(4);
    const k = counterSent(0)!;
    expect(k.ok).toBe(4); expect(k.prod).toBe(10);
    counter(0, 0, 99, 99, 0, 0);
    expect(c.ok).toBe(10, "no further than it produced itself");
  });
  test("r6_ok_never_goes_back", () => {
    start(As.middle);
    const c = connect(0);
    seg(K, 1, 1, 10);
    events(2); evData(0, 0, 10); done();
    counter(0, 0, 10, 8, 0, produced(0));
    counter(0, 0, 10, 3, 0, produced(0));
    expect(c.ok).toBe(8);
  });
  test("r6_the_primary_sends_up_to_its_ok", () => {
    start(As.primary);
    const c = connect(0);
    seg(K, 1, 1, 2000);
    events(2); evData(0, 0, 2000); done();
    segments(c.iss);
    expect(outEnd).toBe(0, "no byte that is not produced below");
    later(10);
    segments(c.iss);
    expect(outEnd).toBe(0);
    counter(0, 0, 2000, 1000, 0, produced(0));
    segments(c.iss);
    expect(outEnd).toBe(1001);
    counter(0, 0, 2000, 2000, 0, produced(0));
    segments(c.iss);
    expect(outEnd).toBe(2001);
  });
  test("r6_a_fin_waits_like_a_byte", () => {
    start(As.primary);
    const c = connect(0);
    seg(K | F, 1, 1, 10);
    events(2); evData(0, 0, 10); evFin(0, 10); done();
    expect(<u32>c.prodFin).toBe(1); expect(<u32>c.okFin).toBe(0);
    counter(0, 2, 10, 10, 0, produced(0));
    segments(c.iss);
    expect(lastBits & F).toBe(0, "the successor may not send its FIN yet");
    counter(0, 1, 10, 10, 0, produced(0));
    segments(c.iss);
    expect(lastBits & F).toBe(F);
  });
  test("r6_a_fin_needs_all_bytes_before_it", () => {
    start(As.middle);
    const c = connect(0);
    seg(K | F, 1, 1, 10);
    events(2); evData(0, 0, 10); evFin(0, 10); done();
    counter(0, 1, 10, 9, 0, produced(0));
    expect(<u32>c.okFin).toBe(0);
    counter(0, 0, 10, 10, 0, produced(0));
    expect(<u32>c.okFin).toBe(1, "its word of before stands");
  });
  test("r5_the_ack_waits_for_the_event", () => {
    startKind(As.primary, DISCARD);
    const c = connect(0);
    segments(c.iss);
    seg(K, 1, 1, 1000); seg(K, 1001, 1, 1000); poll();
    later(60);
    segments(c.iss);
    expect(outAck).toBe(1);
    expect(c.rcvd).toBe(2000);
    events(2); evData(0, 0, 2000); done();
    segments(c.iss);
    expect(outAck).toBe(2001);
  });
  test("r15_the_edge_is_the_minimum_of_the_chain", () => {
    startKind(As.middle, DISCARD);
    const c = connect(0);
    standing(2, 2);
    seg(K, 1, 1, 1000); seg(K, 1001, 1, 1000); seg(K, 2001, 1, 1000);
    events(2); evData(0, 0, 3000); done();
    standing(3, 3);
    expect(c.edge).toBe(65536 + 3000);
    expect(c.edgeLimit).toBe(65536, "what is below has no more");
    counter(0, 0, 0, 0, 65536 + 2500, 0);
    expect(c.edgeLimit).toBe(65536 + 2500);
    expect(counterSent(0)!.edge).toBe(65536 + 2500);
    counter(0, 0, 0, 0, 65536 + 9000, 0);
    expect(c.edgeLimit).toBe(65536 + 3000);
  });
  test("r15_edge_never_decreases", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    standing(2, 2);
    for (let i: u32 = 0; i < 5; i++) { seg(K, 1 + i * 1000, 1, 1000); poll(); }
    standing(r().applied, r().applied);
    const offered = counterSent(0)!.edge;
    expect(offered).toBe(65536 + 5000);
    enter(6, As.middle);
    expect(c.edgeLimit).toBe(offered);
    standing(r().applied, r().applied);
    expect(counterSent(0)!.edge).toBe(offered, "told anew in the new view");
    counter(0, 0, 0, 0, 65536 + 1000, 0);
    expect(c.edgeLimit).toBe(offered, "the successor has less");
  });
  test("r15_a_counter_with_a_smaller_edge_takes_nothing_back", () => {
    startKind(As.middle, DISCARD);
    const c = connect(0);
    counter(0, 0, 0, 0, 65536 + 9000, 0);
    counter(0, 0, 0, 0, 65536 + 1000, 0);
    expect(member(0).edgeBelow).toBe(65536 + 9000);
  });
  test("r2a_a_small_move_of_the_edge_alone_is_not_reported", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    standing(2, 2);
    later(2); standing(2, 2); forget();
    tcp.limitEdge(c, c.edgeLimit);
    c.edge += 1999; gates.update(r(), member(0)); poll();
    expect(counterSent(0) == null).toBeTruthy();
    c.edge += 1; gates.update(r(), member(0)); poll();
    expect(counterSent(0)!.edge).toBe(65536 + 2000);
  });
  test("r15_the_primarys_window_is_the_chains", () => {
    startKind(As.primary, DISCARD);
    const c = connect(0);
    forget();
    seg(K, 1, 1, 1000); seg(K, 1001, 1, 1000);
    events(2); evData(0, 0, 2000); done();
    expect(sentSegment()).toBeTruthy();
    expect(out().wnd).toBe(65536 - 2000);
    counter(0, 0, 0, 0, 65536 + 2000, 0);
    seg(K, 2001, 1, 1000); seg(K, 3001, 1, 1000);
    events(3); evData(0, 2000, 2000); done();
    expect(sentSegment()).toBeTruthy();
    expect(out().wnd).toBe(65536 + 2000 - 4000);
  });
});
