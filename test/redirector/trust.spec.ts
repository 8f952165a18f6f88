import * as arp from "../../assembly/net/arp";
import * as bed from "../net/bed";
import * as ip from "../../assembly/net/ip";
import * as redirector from "../../assembly/redirector/redirector";
import * as site from "./bed";
import * as table from "../../assembly/redirector/table";
import * as members from "../../assembly/manage/members";
import { ETH } from "../../assembly/wire/eth";
import { Mode } from "../../assembly/core/config";
import { Redirector } from "../../assembly/redirector/counters";
import { Verdict } from "../../assembly/net/verdict";
import { put16 } from "../../assembly/core/bytes";

/** A packet on interface i whose ports are 80 and port. */
function ported(i: u32, src: u32, dst: u32, proto: u32, port: u32): usize {
  const p = bed.packet(i, src, dst, proto, 40);
  put16(bed.payload(p), 80); put16(bed.payload(p) + 2, port);
  if (proto == 17) { put16(bed.payload(p) + 4, 40); put16(bed.payload(p) + 6, 0); }
  return p;
}
/** A reply of the virtual host, in a frame of server n. */
function reply(n: u32, src: u32, port: u32): usize {
  const p = bed.packet(0, src, site.CLIENT, 6, 40);
  put16(bed.payload(p), port);
  store<u8>(p + 11, <u8>(11 + n));
  return p;
}

describe("trust", () => {
  test("from_outside_nobody_has_an_address_of_the_site", () => {
    for (let i: u32 = 0; i < 2; i++) {
      site.start();
      site.input(1, ported(1, i == 0 ? site.S : site.VHOST, 0x0a000050, 6, 80));
      site.silent();
      bed.counted(Redirector.siteSource);
      bed.end();
    }
  });
  test("from_outside_nobody_tunnels_or_talks_to_control_ports", () => {
    const rows: usize = memory.data<u32>([4, 80, 17, 7000, 17, 7001, 6, 7000]);
    for (let i: u32 = 0; i < 4; i++) {
      site.start();
      const proto = load<u32>(rows + (i << 3)), port = load<u32>(rows + (i << 3), 4);
      site.input(1, ported(1, site.CLIENT, site.S, proto, port));
      site.silent();
      bed.counted(i == 0 ? Redirector.forgedTunnel : Redirector.forgedControl);
      bed.end();
    }
  });
  test("the_same_from_the_control_link_passes", () => {
    site.start();
    bed.meet(0, 0x0a000050, 0x50);
    site.input(0, ported(0, site.S, 0x0a00000c, 17, 7000));
    expect(bed.next(0)).toBe(ETH + 60);
    bed.end();
  });
  test("other_ports_of_a_node_are_open_to_all", () => {
    site.start();
    site.input(1, ported(1, site.CLIENT, site.S, 6, 22));
    expect(bed.next(0)).toBe(ETH + 60);
    site.input(1, bed.packet(1, site.CLIENT, site.S, 1, 40));
    expect(bed.next(0)).toBe(ETH + 60);
    bed.end();
  });
  test("a_tunnel_to_others_passes", () => {
    site.start();
    bed.meet(0, 0x0a000050, 0x50);
    site.input(1, ported(1, site.CLIENT, 0x0a000050, 4, 0));
    expect(bed.next(0)).toBe(ETH + 60);
    bed.end();
  });
  test("nobody_tunnels_to_a_virtual_host", () => {
    for (let i: u32 = 0; i < 2; i++) {
      site.start();
      site.input(i, ported(i, i == 0 ? 0x0a000050 : site.CLIENT, site.VHOST, 4, 0));
      site.silent();
      bed.counted(Redirector.forgedTunnel);
      bed.end();
    }
  });
  test("the_redirector_s_own_address_is_guarded_too", () => {
    for (let i: u32 = 0; i < 5; i++) {
      site.start();
      const proto: u32 = i == 0 ? 4 : 17, link: u32 = i == 2 ? 0 : 1;
      const v = bed.inject(link, ported(link, i == 2 ? site.S : i == 4 ? site.S : site.CLIENT, bed.A, proto, i == 3 ? 53 : site.MANAGE));
      expect(v).toBe(i == 0 ? Verdict.ipip : Verdict.udp);
      const ok = i == 2 || i == 3;
      expect(redirector.admit()).toBe(ok);
      if (ok) ip.refuse(ip.p, 0);
      bed.counted(ok ? 0 : i == 0 ? Redirector.forgedTunnel : i == 4 ? Redirector.siteSource : Redirector.forgedControl);
      bed.end();
    }
  });
  test("the_primary_alone_speaks_for_a_chain", () => {
    site.start();
    site.input(0, reply(0, site.VHOST, 80));
    expect(bed.next(1)).toBe(ETH + 60);
    bed.drain();
    site.input(0, reply(0, site.VHOST, 9999));
    expect(bed.next(1)).toBe(ETH + 60, "also for what is not replicated");
    bed.end();
    for (let port: u32 = 80; port < 82; port++) {
      site.start();
      site.input(0, reply(1, site.VHOST, port));
      site.silent();
      bed.counted(Redirector.wrongReplica);
      bed.end();
    }
  });
  test("a_new_view_changes_who_speaks", () => {
    site.start();
    members.begin(0, 2); members.add(0, 2, site.S + 1);
    site.input(0, reply(1, site.VHOST, 80));
    expect(bed.next(1)).toBe(ETH + 60);
    site.input(0, reply(0, site.VHOST, 80));
    expect(bed.next(1)).toBe(0);
    bed.end();
  });
  test("any_member_of_a_nearest_service_speaks", () => {
    site.start();
    table.add(1, Mode.nearest, site.VHOST, 443, 0);
    members.begin(1, 1); members.add(1, 1, site.S); members.add(1, 2, site.S + 1);
    site.input(0, reply(1, site.VHOST, 443));
    expect(bed.next(1)).toBe(ETH + 60);
    site.input(0, reply(2, site.VHOST, 443));
    expect(bed.next(1)).toBe(0);
    bed.end();
  });
  test("who_cannot_be_judged_passes_and_is_asked_for", () => {
    site.start();
    members.begin(0, 2); members.add(0, 9, 0x0a000030);
    site.input(0, reply(1, site.VHOST, 80));
    expect(bed.next(1)).toBe(ETH + 60);
    expect(bed.next(0)).toBe(ETH + 28, "a request for the unknown primary");
    expect(arp.known(0, 0x0a000030) == null).toBeTruthy();
    bed.end();
    site.start();
    members.begin(0, 2);
    site.input(0, reply(1, site.VHOST, 80));
    expect(bed.next(1)).toBe(ETH + 60, "no member is known");
    bed.end();
  });
});
