import * as block from "../core/block";
import * as clock from "../../assembly/core/clock";
import * as config from "../../assembly/core/config";
import * as counters from "../../assembly/core/counters";
import { Message, Msg } from "../../assembly/wire/manage";
import * as chain from "../../assembly/manage/chain";
import { Manage } from "../../assembly/manage/counters";
import * as registration from "../../assembly/manage/registration";
import { boot, c, expectMsg, expectNone, from, later, lines, msg, peer, running, start } from "./bed";

const HASH: u8 = 0x5a;

/** A site whose service is of that kind, and which has a content image. */
function site(kind: u8): void {
  clock.reset(1000000);
  block.begin(1, 1);
  block.site();
  block.iface(0x0a000001);
  block.node(1, 1); block.node(2, 2); block.node(3, 2);
  store<u8>(block.service(0, 2), kind, 6);
  const p = block.record(7, 44);
  store<u32>(p, 4096, 4);
  memory.fill(p + 12, HASH, 32);
  expect(config.parse(block.address(), block.end())).toBe(0);
  counters.clear();
  boot(-1);
}

/** A registration of node 2 with that nonce, its image's hash all of one byte. */
function register(nonce: u64, hash: u8): Message {
  const m = from(Msg.register, 2);
  m.senderInc = 0; m.askTime = 4711; m.askNonce = 815;
  m.word = nonce;
  memory.fill(m.hash, hash, 32);
  return m;
}
function take(nonce: u64, hash: u8): bool { return registration.input(c(), 0, register(nonce, hash)); }

/** Registers node `index` + 2 by its challenge; the incarnation granted. */
function whole(index: u32): u64 {
  registration.input(c(), index, register(0, HASH));
  expectMsg(Msg.challenge, index + 2);
  const nonce = msg().word;
  expect(registration.input(c(), index, register(nonce, HASH))).toBeTruthy();
  expectMsg(Msg.granted, index + 2);
  expect(msg().value).toBe(<u32>nonce);
  return msg().word;
}

describe("registration", () => {
  test("r23a_a_node_repeats_the_managers_nonce_and_is_granted_an_incarnation", () => {
    start(2);
    expect(take(0, 0)).toBeFalsy();
    expectMsg(Msg.challenge, 2);
    const nonce = msg().word;
    expect(nonce).not.toBe(0);
    expect(msg().receiverInc).toBe(0); expect(msg().askTime).toBe(4711); expect(msg().askNonce).toBe(815); expect(msg().senderInc).toBe(chain.incarnation);
    expect(peer(2).registered).toBe(0);
    expect(take(nonce, 0)).toBeTruthy();
    expectMsg(Msg.granted, 2);
    expect(msg().word).toBe(peer(2).incarnation);
    expect(msg().value).toBe(<u32>nonce);
    expect(msg().receiverInc).toBe(0);
    expect(peer(2).registered).toBe(1);
    expect(peer(2).askTime).toBe(4711); expect(peer(2).heardAt).toBe(chain.judge);
  });
  test("a_challenge_stays_the_same_until_it_is_used_and_a_wrong_nonce_is_answered_by_it", () => {
    start(2);
    take(0, 0); expectMsg(Msg.challenge, 2);
    const nonce = msg().word;
    for (let bit = 0; bit < 64; bit++) {
      expect(take(nonce ^ <u64>1 << bit, 0)).toBeFalsy(bit.toString());
      expectMsg(Msg.challenge, 2);
      expect(msg().word).toBe(nonce);
    }
    expect(peer(2).incarnation).toBe(0);
    take(nonce, 0); expectMsg(Msg.granted, 2);
    expect(take(nonce, 0)).toBeFalsy("a used nonce, recorded and sent again, registers nobody");
    expectMsg(Msg.challenge, 2);
    expect(msg().word).not.toBe(nonce);
  });
  test("challenges_of_other_nodes_services_and_managers_differ", () => {
    start(2);
    take(0, 0); expectMsg(Msg.challenge, 2);
    const nonce = msg().word;
    registration.input(c(), 1, register(nonce, 0));
    expectMsg(Msg.challenge, 3);
    expect(msg().word).not.toBe(nonce);
    later(1000);
    boot(-1);
    expect(take(nonce, 0)).toBeFalsy("what an earlier manager gave");
    expectMsg(Msg.challenge, 2);
    expect(msg().word).not.toBe(nonce);
  });
  test("incarnations_differ_and_grow", () => {
    start(2);
    let last: u64 = 0;
    for (let i: u32 = 0; i < 20; i++) {
      const inc = whole(i & 1);
      expect(inc > last).toBeTruthy();
      last = inc;
    }
  });
  test("a_replica_with_another_content_image_is_refused_counted_each_time_and_said_once", () => {
    site(6);
    lines();
    for (let i: u32 = 1; i < 4; i++) {
      expect(take(0, HASH + 1)).toBeFalsy();
      expectNone();
      expect(counters.get(Manage.wrongContent)).toBe(i);
    }
    expect(lines()).toBe(1);
    expect(peer(2).registered).toBe(0);
  });
  test("every_byte_of_the_hash_counts_also_where_the_nonce_is_right", () => {
    site(6);
    take(0, HASH); expectMsg(Msg.challenge, 2);
    const nonce = msg().word;
    for (let i = 0; i < 32; i++) {
      const m = register(nonce, HASH);
      store<u8>(m.hash + i, HASH ^ 1);
      expect(registration.input(c(), 0, m)).toBeFalsy(i.toString());
      expectNone();
    }
    expect(counters.get(Manage.wrongContent)).toBe(32);
    expect(take(nonce, HASH)).toBeTruthy();
  });
  test("a_service_without_files_needs_no_image", () => {
    site(1);
    take(0, HASH + 1);
    expectMsg(Msg.challenge, 2);
    expect(counters.get(Manage.wrongContent)).toBe(0);
  });
  test("r19_registering_is_a_word_as_good_as_left_and_forgets_what_was_known", () => {
    running(2, 2);
    const p = peer(2);
    p.told = 1; p.until = chain.now + 100000; p.view = 7; p.flags = 8; p.progress = 2; p.connections = 5; p.over = 3; p.outInc = 4;
    const old = p.incarnation;
    whole(0);
    expect(p.told).toBe(0); expect(p.view).toBe(0); expect(p.flags).toBe(0); expect(p.progress).toBe(0); expect(p.connections).toBe(0); expect(p.over).toBe(0); expect(p.outInc).toBe(0);
    expect(p.incarnation).not.toBe(old);
    expect(chain.position(c(), 0)).toBe(-1, "not the member that the view names");
    expect(chain.quiet(c(), 0)).toBeTruthy();
  });
});
