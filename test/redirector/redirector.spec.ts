import * as bed from "../net/bed";
import * as checksum from "../../assembly/core/checksum";
import * as counters from "../../assembly/core/counters";
import * as limit from "../../assembly/redirector/limit";
import * as members from "../../assembly/manage/members";
import * as nearest from "../../assembly/redirector/nearest";
import * as plan from "../../assembly/redirector/plan";
import * as redirector from "../../assembly/redirector/redirector";
import * as site from "./bed";
import * as table from "../../assembly/redirector/table";
import { ETH } from "../../assembly/wire/eth";
import { Icmp } from "../../assembly/wire/icmp";
import { Ip4 } from "../../assembly/wire/ip4";
import { Mode } from "../../assembly/core/config";
import { Redirector } from "../../assembly/redirector/counters";
import { Verdict } from "../../assembly/net/verdict";
import { put16 } from "../../assembly/core/bytes";

const ORIGIN: u32 = 0x0a000050;

/** An ICMP error from a router near the client about a packet of the virtual host's port to the client. */
function quoting(src: u32, port: u32): usize {
  const p = bed.packet(1, 0x07070707, site.VHOST, 1, 36), m = changetype<Icmp>(bed.payload(p)), q = changetype<Ip4>(m.data);
  m.write(3, 4, 1200);
  q.write(1500, src, site.CLIENT, 6, 60, 0, 0, 0x4000);
  put16(q.payload, port); put16(q.payload + 2, 5000);
  m.rawSum = checksum.compute(changetype<usize>(m), 36);
  return p;
}
/** A router's word about a tunnel packet to `dst`, which came by interface i. */
function tunnelError(i: u32, dst: u32, mtu: u32): void {
  const p = bed.packet(i, i == 0 ? 0x0a000040 : site.CLIENT, bed.A, 1, 36), m = changetype<Icmp>(bed.payload(p)), q = changetype<Ip4>(m.data);
  m.write(3, 4, mtu);
  q.write(1500, bed.A, dst, 4, 60, 0, 0, 0x4000);
  m.rawSum = checksum.compute(changetype<usize>(m), 36);
  expect(bed.inject(i, p)).toBe(Verdict.tunnelError);
  redirector.tunnelError();
}
function send(port: u32, flags: u32): u32 { site.input(1, site.segment(site.VHOST, port, flags, 0)); return site.copies(); }

describe("redirector", () => {
  test("a_replicated_port_goes_to_all_and_others_to_the_primary", () => {
    site.start();
    expect(send(80, site.ACK)).toBe(7); expect(send(80, site.SYN)).toBe(7);
    expect(send(81, site.SYN)).toBe(1);
    site.input(1, bed.packet(1, site.CLIENT, site.VHOST, 17, 40));
    expect(site.copies()).toBe(1, "UDP");
    site.input(1, bed.packet(1, site.CLIENT, site.VHOST, 1, 40));
    expect(site.copies()).toBe(1, "echo");
    bed.end();
  });
  test("an_origin_serves_what_is_not_replicated", () => {
    site.start();
    bed.meet(0, ORIGIN, 0x50);
    table.add(1, Mode.ft, site.VHOST, 81, ORIGIN);
    site.input(1, site.segment(site.VHOST, 22, site.SYN, 0));
    expect(bed.next(0)).toBe(ETH + 40);
    expect(bed.out().dst).toBe(site.VHOST); expect(<u32>load<u8>(bed.OUT, 5)).toBe(0x50); expect(<u32>bed.out().ttl).toBe(63);
    expect(send(80, site.ACK)).toBe(7);
    bed.end();
  });
  test("a_routed_service_goes_to_its_origin", () => {
    site.start();
    bed.meet(0, ORIGIN, 0x50);
    table.add(1, Mode.route, site.VHOST, 8080, ORIGIN);
    site.input(1, site.segment(site.VHOST, 8080, site.SYN, 0));
    expect(bed.next(0)).toBe(ETH + 40);
    expect(bed.out().dst).toBe(site.VHOST);
    bed.end();
  });
  test("a_nearest_service_goes_to_one_replica_and_keeps_it", () => {
    site.start();
    table.add(1, Mode.nearest, site.VHOST, 443, 0);
    members.begin(1, 1); members.add(1, 1, site.S); members.add(1, 2, site.S + 1);
    nearest.add(1, 2, 0x08000000, 8, 1);
    expect(send(443, site.SYN)).toBe(2); expect(send(443, site.ACK)).toBe(2);
    members.begin(1, 2); members.add(1, 1, site.S);
    expect(send(443, site.ACK)).toBe(1, "its replica died");
    expect(counters.get(Redirector.flows)).toBe(2);
    bed.end();
  });
  test("a_plain_service_of_its_own_host_goes_to_its_one_server", () => {
    site.start();
    table.add(1, Mode.plain, 0xc0a80001, 80, 0);
    members.begin(1, 0); members.add(1, 3, site.S + 2);
    site.input(1, site.segment(0xc0a80001, 80, site.ACK, 0));
    expect(site.copies()).toBe(4);
    bed.end();
  });
  test("in_cookie_mode_bare_syns_go_to_the_primary_alone", () => {
    site.start();
    members.setCookie(0, true);
    expect(send(80, site.SYN)).toBe(1); expect(send(80, site.ACK)).toBe(7); expect(send(80, site.SYN | site.ACK)).toBe(7);
    members.setCookie(0, false);
    expect(send(80, site.SYN)).toBe(7);
    bed.end();
  });
  test("syns_above_the_rate_are_refused_and_nothing_else", () => {
    site.start();
    limit.set(0, 10, 2);
    expect(send(80, site.SYN) & send(80, site.SYN)).toBe(7);
    expect(send(80, site.SYN)).toBe(0);
    expect(counters.get(Redirector.synLimited)).toBe(1);
    expect(send(80, site.ACK)).toBe(7);
    bed.later(100);
    expect(send(80, site.SYN)).toBe(7);
    bed.end();
  });
  test("without_members_packets_are_refused", () => {
    for (let i: u32 = 0; i < 2; i++) {
      site.start();
      members.begin(0, 7);
      expect(send(80 + i, site.ACK)).toBe(0);
      bed.counted(Redirector.noMember);
      bed.end();
    }
  });
  test("a_segment_without_ports_is_refused", () => {
    site.start();
    site.input(1, bed.packet(1, site.CLIENT, site.VHOST, 6, 3));
    bed.counted(Redirector.portless);
    bed.end();
  });
  test("a_packet_without_hops_left_is_reported_not_copied", () => {
    site.start();
    const p = site.segment(site.VHOST, 80, site.ACK, 0);
    bed.head(p).ttl = 1; bed.head(p).seal();
    site.input(1, p);
    expect(bed.next(0)).toBe(0);
    expect(bed.next(1)).toBe(ETH + 28 + 40);
    bed.counted(Redirector.ttl);
    bed.end();
  });
  test("errors_about_a_replicated_connection_go_to_every_member", () => {
    site.start();
    site.input(1, quoting(site.VHOST, 80));
    expect(site.copies()).toBe(7);
    site.input(1, quoting(site.VHOST, 81));
    expect(site.copies()).toBe(1);
    site.input(1, quoting(site.CLIENT, 80));
    expect(site.copies()).toBe(1, "quotes another's packet");
    bed.end();
  });
  test("errors_about_a_nearest_flow_go_to_its_replica", () => {
    site.start();
    table.add(1, Mode.nearest, site.VHOST, 443, 0);
    members.begin(1, 1); members.add(1, 1, site.S); members.add(1, 2, site.S + 1);
    nearest.add(1, 2, 0, 0, 1);
    expect(send(443, site.SYN)).toBe(2);
    site.input(1, quoting(site.VHOST, 443));
    expect(site.copies()).toBe(2);
    bed.end();
  });
  test("errors_cut_short_go_to_the_primary_and_trap_nothing", () => {
    for (let n: u32 = 0; n < 36; n++) {
      site.start();
      const p = quoting(site.VHOST, 80);
      bed.head(p).length = 20 + n; bed.head(p).seal();
      site.input(1, p);
      expect(site.copies()).toBe(n < 32 ? 1 : 7);
      bed.end();
    }
  });
  test("a_path_mtu_told_by_a_router_of_the_site_is_learnt", () => {
    site.start();
    tunnelError(0, site.S + 1, 1400);
    bed.counted(Redirector.pathMtu);
    expect(plan.current(0).mtu).toBe(1380);
    bed.end();
  });
  test("a_path_mtu_told_from_outside_or_of_no_node_is_not", () => {
    for (let i: u32 = 0; i < 3; i++) {
      site.start();
      tunnelError(i == 0 ? 1 : 0, i == 1 ? ORIGIN : site.S, i == 2 ? 1500 : 1400);
      bed.counted(Redirector.tunnelError);
      expect(plan.current(0).mtu).toBe(1480);
      bed.end();
    }
  });
  test("random_packets_neither_trap_nor_leak", () => {
    site.start();
    let seed: u32 = 9;
    for (let k = 0; k < 20000; k++) {
      seed = seed * 1664525 + 1013904223;
      const r = seed ^ seed >> 13, link = r & 1, n = (r >> 1) % 80;
      const p = bed.packet(link, (r & 64) != 0 ? site.CLIENT : (r & 128) != 0 ? site.VHOST : 0x0a000050, (r & 256) != 0 ? site.VHOST : (r & 512) != 0 ? site.S : site.CLIENT, (r >> 10 & 3) != 0 ? 6 : (r >> 12) % 18, n);
      if ((r >> 13 & 3) == 0) bed.head(p).frag = r >> 16 & 0x6007;
      if (n > 4 && (r & 0x8000) != 0) put16(bed.payload(p) + 2, 80);
      bed.head(p).seal();
      const v = bed.inject(link, p);
      if (v == Verdict.forward) redirector.input();
      else expect(v).toBe(Verdict.done);
      bed.drain();
      if ((k & 15) == 0) bed.later(20);
    }
    expect(counters.get(Redirector.copied) > 1000 && counters.get(Redirector.forwarded) > 1000 && counters.get(Redirector.wrongReplica) > 100).toBeTruthy();
    bed.end();
  });
});
