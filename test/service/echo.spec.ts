import { As, BUF, ECHO, F, K, connect, end, poll, seg, startKind } from "../ft/bed";
import * as tcp from "../../assembly/tcp/tcp";

describe("echo", () => {
  afterEach(end);

  test("rfc862_what_comes_goes_back_and_the_end_after_it", () => {
    startKind(As.alone, ECHO);
    const c = connect(0);
    seg(K, 1, 1, 300); poll();
    expect(c.prod).toBe(300); expect(tcp.unread(c)).toBe(0);
    expect(memory.compare(tcp.sndSpan(c, 0), BUF, 300)).toBe(0);
    expect(c.prodFin).toBe(0);
    seg(K | F, 301, 1, 0); poll();
    expect(c.prodFin).toBe(1);
  });
  test("what_finds_no_room_stays_unread_and_the_end_waits_for_it", () => {
    startKind(As.alone, ECHO);
    const c = connect(0);
    c.sndCap = 1000;
    seg(K, 1, 1, 1400); poll();
    expect(c.prod).toBe(1000); expect(tcp.unread(c)).toBe(400);
    seg(K | F, 1401, 1, 0); poll();
    expect(c.prodFin).toBe(0);
    seg(K, 1402, 1001, 0); poll();        // it is acknowledged: there is room
    expect(c.prod).toBe(1400); expect(c.prodFin).toBe(1);
  });
});
