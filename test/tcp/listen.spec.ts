import { A, B, CPORT, IRS, PEER, PORT, VOICE, end, mssOpt, start } from "./bed";
import { Syn, SynFlag, State, Flag } from "../../assembly/tcp/conn";
import { Listener } from "../../assembly/tcp/listen";
import { LocalFlag } from "../../assembly/net/local";
import { Tcp as C } from "../../assembly/tcp/counters";
import { CONNS, SERVICES } from "../../assembly/core/sizes";
import * as counters from "../../assembly/tcp/counters";
import * as iface from "../../assembly/net/iface";
import * as listen from "../../assembly/tcp/listen";
import * as local from "../../assembly/net/local";
import * as table from "../../assembly/tcp/table";
import * as tcp from "../../assembly/tcp/tcp";

const SYN: usize = memory.data(32, 16);
function syn(port: u32): Syn {
  const s = changetype<Syn>(SYN);
  memory.fill(SYN, 0, 32);
  s.remoteAddr = PEER; s.localAddr = A; s.remotePort = <u16>port; s.localPort = <u16>PORT;
  s.irs = IRS; s.iss = 5000; s.mss = 1000; s.wnd = 4096; s.wscale = 255;
  return s;
}
function at(addr: u32, port: u32): Listener { return tcp.listen(addr, port, 1, false, VOICE, 8192, 4096, 0)!; }

describe("listen", () => {
  beforeEach(start);
  afterEach(end);

  test("an_exact_address_goes_before_any_and_a_port_is_taken_once", () => {
    const any = at(0, PORT), exact = at(A, PORT);
    expect(listen.find(A, PORT) == exact).toBeTruthy();
    expect(listen.find(B, PORT) == any).toBeTruthy();
    expect(listen.find(A, PORT + 1) == null).toBeTruthy();
    expect(listen.add(A, PORT) == null).toBeTruthy();
    listen.remove(exact);
    expect(listen.find(A, PORT) == any).toBeTruthy();
    listen.remove(any);
    expect(listen.find(A, PORT) == null).toBeTruthy();
  });
  test("a_programs_listener_on_any_address_has_no_part_in_a_virtual_host", () => {
    const vhost: u32 = 0x0a090001, l = at(0, PORT);
    local.add(vhost, 0, LocalFlag.vhost | LocalFlag.tunnelOnly);
    expect(listen.find(vhost, PORT) == l).toBeTruthy();
    l.user = 3;
    expect(listen.find(vhost, PORT) == null).toBeTruthy();
    expect(listen.find(A, PORT) == l).toBeTruthy();
  });
  test("the_table_is_bounded_and_places_are_used_again", () => {
    for (let i: u32 = 0; i < SERVICES + 16; i++) expect(listen.add(A, 1000 + i) != null).toBeTruthy();
    expect(listen.add(A, 9) == null).toBeTruthy();
    listen.remove(listen.find(A, 1003)!);
    expect(listen.add(A, 9) != null).toBeTruthy();
    expect(listen.find(A, 1000 + SERVICES + 15) != null).toBeTruthy();
  });
  test("r12_a_connection_is_a_function_of_the_syn_and_the_listener", () => {
    const l = at(A, PORT), s = syn(CPORT);
    s.flags = <u8>SynFlag.sack; s.wscale = 3;
    const c = listen.make(l, s, 77)!;
    expect(c.state).toBe(<u8>State.synRcvd);
    expect(c.irs).toBe(IRS); expect(c.iss).toBe(5000); expect(c.sndWnd).toBe(4096); expect(c.mss).toBe(1000);
    expect(c.wscaleSnd).toBe(3); expect(c.options).toBe(<u8>SynFlag.sack); expect(c.tsOffset).toBe(77);
    expect(c.rcvCap).toBe(8192); expect(c.sndCap).toBe(4096); expect(c.ttl).toBe(64);
    expect(listen.make(l, s, 77) == null).toBeTruthy("the addresses are taken");
    tcp.drop(c, false);
  });
  test("who_waits_to_be_accepted_is_counted_and_limited", () => {
    const l = at(A, PORT);
    tcp.limitWaiting(l, 2);
    const c = listen.make(l, syn(1), 0)!, d = listen.make(l, syn(2), 0)!;
    expect(l.waiting).toBe(2);
    expect(listen.hasRoom(l)).toBeFalsy();
    expect(counters.get(C.acceptFull)).toBe(1);
    l.waiting--;
    expect(listen.hasRoom(l)).toBeTruthy();
    tcp.drop(c, false); tcp.drop(d, false);
  });
  test("a_full_table_of_connections_is_counted", () => {
    const l = at(A, PORT);
    for (let i: u32 = 0; i < CONNS; i++) expect(listen.make(l, syn(1 + i), 0) != null).toBeTruthy();
    expect(listen.make(l, syn(999), 0) == null).toBeTruthy();
    expect(counters.get(C.noConn)).toBe(1);
    for (let i: u32 = 0; i < CONNS; i++) tcp.drop(table.find(A, PORT, PEER, 1 + i)!, false);
  });
  test("the_links_mtu_bounds_plain_segments_and_leaves_gated_ones_to_the_site", () => {
    const l = at(A, PORT), g = tcp.listen(A, PORT + 1, 2, true, VOICE, 8192, 4096, 1440)!;
    iface.at(0).mtu = 600;
    expect(listen.segmentTo(l, PEER)).toBe(560);
    expect(listen.segmentTo(g, PEER)).toBe(1440);
    expect(listen.fit(0x08080808, 1460)).toBe(1460);
  });
});
