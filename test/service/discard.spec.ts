import { As, DISCARD, F, K, connect, end, poll, seg, startKind } from "../ft/bed";
import * as tcp from "../../assembly/tcp/tcp";

describe("discard", () => {
  afterEach(end);

  test("rfc863_all_is_read_nothing_is_said_and_the_end_follows_the_clients", () => {
    startKind(As.alone, DISCARD);
    const c = connect(0);
    for (let i: u32 = 0; i < 5; i++) { seg(K, 1 + i * 1000, 1, 1000); poll(); }
    expect(c.readOff).toBe(5000); expect(c.prod).toBe(0); expect(c.prodFin).toBe(0);
    seg(K | F, 5001, 1, 0); poll();
    expect(c.prodFin).toBe(1); expect(tcp.unread(c)).toBe(0);
  });
});
