import { As, CLIENT, CPORT, PORT, VHOST, connect, end, enter, later, start } from "./bed";
import * as config from "../../assembly/core/config";
import * as seq from "../../assembly/core/seq";
import * as site from "../../assembly/core/site";
import { Syn } from "../../assembly/tcp/conn";
import * as tcp from "../../assembly/tcp/tcp";
import * as timestamps from "../../assembly/ft/timestamps";

const SYN: usize = memory.data(32, 16);

describe("timestamps", () => {
  afterEach(end);

  test("r13_the_offset_is_keyed_by_addresses_and_ports_and_the_guard_is_added", () => {
    start(As.tail);
    const s = changetype<Syn>(SYN);
    s.localAddr = VHOST; s.localPort = <u16>PORT; s.remoteAddr = CLIENT; s.remotePort = <u16>CPORT;
    const a = timestamps.offset(s, 0);
    expect(a).toBe(tcp.tsOffset(VHOST, PORT, CLIENT, CPORT));
    expect(timestamps.offset(s, 5000)).toBe(a + 5000);
    s.remotePort++;
    expect(timestamps.offset(s, 0)).not.toBe(a);
  });
  test("r13_every_replica_makes_the_same_connection_with_the_same_offset", () => {
    start(As.tail);
    const a = connect(0).tsOffset;
    end();
    start(As.middle);
    expect(connect(0).tsOffset).toBe(a);
  });
  test("r13_a_takeover_never_sends_an_older_timestamp", () => {
    start(As.middle);
    const c = connect(0), old = c.tsOffset + site.ms(), guard = config.site().guard;
    // the new primary's clock may be behind the dead one's by anything below the guard
    site.set(0 - guard + 1);
    enter(6, As.primary);
    expect(seq.gt(c.tsOffset + site.ms(), old)).toBeTruthy();
  });
  test("r13_no_round_trip_sample_from_before_the_move", () => {
    start(As.middle);
    const c = connect(0);
    later(30);
    timestamps.move(c, 9000);
    expect(c.tsOffset).toBe(tcp.tsOffset(VHOST, PORT, CLIENT, CPORT) + 9000);
    expect(c.tsFloor).toBe(c.tsOffset + site.ms());
  });
});
