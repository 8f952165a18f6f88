import * as arp from "../../assembly/net/arp";
import * as bed from "./bed";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import * as eth from "../../assembly/net/eth";
import * as frame from "../../assembly/core/frame";
import * as iface from "../../assembly/net/iface";
import * as ip from "../../assembly/net/ip";
import * as local from "../../assembly/net/local";
import { Arp, ArpOp, ARP } from "../../assembly/wire/arp";
import { Eth, ETH } from "../../assembly/wire/eth";
import { LocalFlag } from "../../assembly/net/local";
import { Net } from "../../assembly/net/counters";

/** A packet to addr, in a frame buffer of its own. */
function send(addr: u32): i32 {
  const b = frame.alloc();
  ip.fill(b + 80, 100, bed.A, addr, 17, 64, 0, true);
  return ip.output(b + 80, 100, 77);
}

describe("arp", () => {
  test("a_packet_waits_for_its_neighbour_and_leaves_with_the_answer", () => {
    bed.start();
    expect(send(bed.PEER)).toBe(0);
    expect(bed.next(0)).toBe(ETH + ARP);
    expect(bed.hex(bed.OUT, 42)).toBe("ffffffffffff020000000001" + "0806" + "0001080006040001" + "020000000001" + "0a000001" + "000000000000" + "0a000002");
    expect(bed.next(0)).toBe(0);
    bed.arpFrom(0, ArpOp.reply, bed.PEER, 9, bed.A);
    expect(bed.next(0)).toBe(ETH + 100);
    expect(bed.hex(bed.OUT, 14)).toBe("020000000009020000000001" + "0800");
    expect(bed.deadline).toBe(77);
    expect(send(bed.PEER)).toBe(0);
    expect(bed.next(0)).toBe(ETH + 100);
    expect(bed.sum()).toBe(0);
    bed.end();
  });
  test("a_request_is_answered_and_its_sender_learnt", () => {
    bed.start();
    bed.arpFrom(1, ArpOp.request, bed.FAR, 5, bed.B);
    expect(bed.next(1)).toBe(ETH + ARP);
    expect(bed.hex(bed.OUT, 42)).toBe("020000000105020000000101" + "0806" + "0001080006040002" + "020000000101" + "0a000101" + "020000000105" + "0a000102");
    send(bed.FAR);
    expect(bed.next(1)).toBe(ETH + 100);
    bed.end();
  });
  test("a_probe_is_answered_without_learning", () => {
    bed.start();
    bed.arpFrom(0, ArpOp.request, 0, 5, bed.A);
    expect(bed.next(0)).toBe(ETH + ARP);
    expect(arp.known(0, 0) == null).toBeTruthy();
    expect(bed.sum()).toBe(0);
    bed.end();
  });
  test("a_neighbour_that_does_not_answer_costs_its_packets_after_four_requests", () => {
    bed.start();
    send(bed.PEER);
    let requests = 0;
    for (let i = 0; i < 30; i++) { while (bed.next(0)) requests++; bed.later(100); }
    expect(requests).toBe(4);
    bed.counted(Net.arpFailed);
    send(bed.PEER);
    expect(bed.next(0)).toBe(ETH + ARP, "it is sought anew");
    bed.end();
  });
  test("the_ninth_packet_displaces_the_first", () => {
    bed.start();
    for (let i = 0; i < 9; i++) send(bed.PEER);
    bed.counted(Net.arpQueue);
    bed.next(0);
    bed.arpFrom(0, ArpOp.reply, bed.PEER, 9, bed.A);
    let n = 0;
    while (bed.next(0)) n++;
    expect(n).toBe(8);
    bed.end();
  });
  test("more_than_64_waiting_packets_are_refused", () => {
    bed.start();
    for (let i: u32 = 0; i < 9; i++) for (let k = 0; k < 8; k++) send(bed.PEER + i);
    expect(counters.get(Net.arpQueue)).toBe(8);
    bed.end();
  });
  test("what_has_a_deadline_does_not_wait_on_when_its_sender_may_not_speak_any_more", () => {
    bed.start();
    send(bed.PEER);
    const b = frame.alloc();
    ip.fill(b + 80, 100, bed.A, bed.PEER, 17, 64, 0, true);
    ip.output(b + 80, 100, 0);
    send(bed.PEER);
    bed.next(0);
    arp.silence();
    expect(counters.get(Net.arpQueue)).toBe(2);
    bed.arpFrom(0, ArpOp.reply, bed.PEER, 9, bed.A);
    expect(bed.next(0)).toBe(ETH + 100);
    expect(bed.deadline).toBe(0);
    expect(bed.next(0)).toBe(0);
    bed.end();
  });
  test("an_old_entry_is_used_while_it_is_asked_again", () => {
    bed.start();
    bed.meet(0, bed.PEER, 9);
    clock.set(clock.now + 31000000);
    send(bed.PEER);
    expect(bed.next(0)).toBe(ETH + ARP);
    expect(changetype<Eth>(bed.OUT).dstHi).toBe(bed.macHi(0, 9), "a unicast request");
    expect(bed.next(0)).toBe(ETH + 100);
    bed.arpFrom(0, ArpOp.reply, bed.PEER, 9, bed.A);
    send(bed.PEER);
    expect(bed.next(0)).toBe(ETH + 100);
    expect(bed.next(0)).toBe(0);
    clock.set(clock.now + 31000000);
    send(bed.PEER);
    bed.drain();
    bed.later(3000);
    expect(arp.known(0, bed.PEER) == null).toBeTruthy("it was forgotten");
    bed.end();
  });
  test("a_new_mac_is_taken_over", () => {
    bed.start();
    bed.meet(0, bed.PEER, 9);
    bed.arpFrom(0, ArpOp.reply, bed.PEER, 8, bed.PEER);
    send(bed.PEER);
    bed.next(0);
    expect(changetype<Eth>(bed.OUT).dstHi).toBe(bed.macHi(0, 8));
    bed.end();
  });
  test("a_thousand_askers_do_not_overflow_the_cache_and_a_used_entry_stays", () => {
    bed.start();
    bed.meet(0, bed.PEER, 9);
    for (let i: u32 = 3; i < 250; i++) {
      bed.arpFrom(0, ArpOp.request, 0x0a000000 + i, i, bed.A);
      while (bed.next(0)) {}
      send(bed.PEER);
      expect(bed.next(0)).toBe(ETH + 100);
    }
    bed.end();
  });
  test("seeking_more_neighbours_than_there_is_room_for_drops_the_oldest", () => {
    bed.start();
    for (let i: u32 = 2; i < 42; i++) send(0x0a000000 + i);
    expect(counters.get(Net.arpQueue)).toBe(24);
    bed.end();
    expect(counters.get(Net.arpFailed)).toBe(16);
  });
  test("announcements_name_node_addresses_only_and_come_twice", () => {
    bed.start();
    local.add(0x0a000063, 0, LocalFlag.vhost | LocalFlag.tunnelOnly);
    local.add(0x0a000064, 0, LocalFlag.proxy);
    arp.announce();
    expect(bed.next(0)).toBe(ETH + ARP);
    expect(bed.hex(bed.OUT + 14, 28)).toBe("0001080006040001" + "020000000001" + "0a000001" + "000000000000" + "0a000001");
    expect(bed.next(1)).toBe(ETH + ARP);
    expect(bed.next(0) + bed.next(1)).toBe(0);
    bed.later(2000);
    expect(bed.next(0)).toBe(ETH + ARP); expect(bed.next(1)).toBe(ETH + ARP); expect(bed.next(0) + bed.next(1)).toBe(0);
    bed.end();
  });
  test("a_virtual_host_is_never_answered_for_on_a_host", () => {
    bed.start();
    local.add(0x0a000063, 0, LocalFlag.vhost | LocalFlag.tunnelOnly);
    bed.arpFrom(0, ArpOp.request, bed.PEER, 9, 0x0a000063);
    expect(bed.next(0)).toBe(0);
    bed.counted(Net.arpIgnored);
    bed.end();
  });
  test("a_virtual_host_is_answered_for_by_proxy_where_the_interface_says_so", () => {
    bed.start();
    local.add(0x0a000063, 0, LocalFlag.proxy);
    bed.arpFrom(0, ArpOp.request, bed.PEER, 9, 0x0a000063);
    expect(bed.next(0)).toBe(0);
    iface.at(0).flags |= iface.IfaceFlag.proxyArp;
    bed.arpFrom(0, ArpOp.request, bed.PEER, 9, 0x0a000063);
    expect(bed.next(0)).toBe(ETH + ARP);
    expect(bed.hex(bed.OUT + 20, 12)).toBe("0002" + "020000000001" + "0a000063");
    bed.end();
  });
  test("requests_carry_the_node_address_also_for_a_virtual_host's_packet", () => {
    bed.start();
    local.add(0x0a000063, 0, LocalFlag.vhost | LocalFlag.tunnelOnly);
    const b = frame.alloc();
    ip.fill(b + 80, 40, 0x0a000063, bed.PEER, 6, 64, 0, true);
    ip.output(b + 80, 40, 0);
    bed.next(0);
    expect(changetype<Arp>(bed.OUT + ETH).senderIp).toBe(bed.A);
    bed.end();
  });
  test("who_claims_our_addresses_is_refused", () => {
    for (let i = 0; i < 4; i++) {
      bed.start();
      local.add(0x0a000063, 0, LocalFlag.vhost); local.add(0x0a000064, 0, LocalFlag.proxy);
      bed.arpFrom(0, ArpOp.request, i == 0 ? bed.A : i == 1 ? 0x0a000063 : i == 2 ? 0x0a000064 : 0x0a0000ff, 9, bed.A);
      expect(bed.next(0)).toBe(0);
      bed.counted(Net.arpConflict);
      bed.end();
    }
  });
  test("who_is_not_on_the_link_is_refused", () => {
    bed.start();
    bed.arpFrom(0, ArpOp.request, 0x0b000001, 9, bed.A);
    expect(bed.next(0)).toBe(0);
    bed.counted(Net.arpNotLocal);
    bed.end();
  });
  test("an_answer_that_nobody_asked_for_is_not_learnt", () => {
    bed.start();
    bed.arpFrom(0, ArpOp.reply, bed.PEER, 9, 0x0a000007);
    expect(arp.known(0, bed.PEER) == null).toBeTruthy();
    bed.counted(Net.arpIgnored);
    bed.end();
  });
  test("malformed_packets_are_counted_once", () => {
    for (let i: u32 = 0; i < 8; i++) { // each of the fixed fields, and the length
      bed.start();
      const p = bed.blank(), f = iface.at(0);
      changetype<Eth>(p).write(f.macLo, f.macHi, 2, 0x0900, 0x0608);
      changetype<Arp>(p + ETH).write(ArpOp.request, 2, 0x0900, bed.PEER, 0, 0, bed.A);
      if (i < 7) store<u8>(p + ETH + i, 0x7f);
      if (i == 6) store<u8>(p + ETH + 7, 3);
      expect(eth.input(0, p, i == 7 ? ETH + ARP - 1 : ETH + ARP)).toBe(0);
      bed.counted(Net.arpMalformed);
      bed.end();
    }
  });
});
