// A host server's agent and the replica that it steers: node 3, primary of service 0 with the nodes 4 and 5 below. The manager is played here.

import * as bed from "../ft/bed";
import { address, configure, up } from "../ft/bed";
import * as link from "../net/bed";
import * as block from "../core/block";
import * as clock from "../../assembly/core/clock";
import * as config from "../../assembly/core/config";
import * as counters from "../../assembly/core/counters";
import * as ring from "../../assembly/core/ring";
import * as site from "../../assembly/core/site";
import * as siphash from "../../assembly/core/siphash";
import * as ft from "../../assembly/ft/ft";
import * as agent from "../../assembly/manage/agent";
import { Manage } from "../../assembly/manage/counters";
import { State } from "../../assembly/manage/membership";
import { ETH } from "../../assembly/wire/eth";
import { IP } from "../../assembly/wire/ip4";
import * as wire from "../../assembly/wire/manage";
import { Flag, Message, Msg } from "../../assembly/wire/manage";
import { UDP } from "../../assembly/wire/udp";
import * as views from "../../assembly/wire/view";

const ENTROPY: usize = memory.data(16, 16);
const KEY: usize = memory.data(16, 16);
const SAID: usize = memory.data(128, 16);
const MSG: usize = memory.data(128, 16);
const INC: u64 = 0x1000000aa, BOSS: u64 = 99;

function start(kind: u32): void {
  const p = configure(kind);
  store<u8>(p, 3, 16); store<u8>(p, 4, 17); store<u8>(p, 5, 18);    // members
  const image = block.record(7, 44);
  store<u32>(image, 4096, 4); memory.fill(image + 12, 0x5a, 32);
  expect(config.parse(block.address(), block.end())).toBe(0);
  up();
  siphash.derive(config.key(), siphash.Key.manage, 0, KEY);
  agent.init(ENTROPY);
}

/** What the agent says next in this poll: its kind, 0 for nothing. It is in `said`. */
function next(): u32 {
  if (link.next(0) == 0) return 0;
  const p = link.OUT + ETH + IP + UDP;
  memory.copy(SAID, p, 128);
  expect(wire.check(SAID, wire.lengthOf(said().kind), KEY)).toBe(wire.Check.ok);
  expect(<u32>said().sender).toBe(3); expect(<u32>said().receiver).toBe(1); expect(<u32>said().site).toBe(77);
  return <u32>said().kind;
}
function said(): Message { return changetype<Message>(SAID); }
function poll(): u32 { agent.run(); return next(); }
function later(ms: u64): void { clock.set(clock.now + ms * 1000); }

/** A message of the manager that quotes what was said last. */
function from(kind: u32): Message {
  const m = wire.begin(MSG, kind);
  m.sender = 1; m.receiver = 3; m.site = 77;
  m.senderInc = BOSS; m.receiverInc = agent.at(0).incarnation;
  m.askTime = said().askTime; m.askNonce = said().askNonce;
  m.number = agent.at(0).viewNumber;
  return m;
}
function give(m: Message): void { agent.input(MSG, wire.seal(m, KEY), address(1), 7001); }

/** Registered, and has asked. */
function waiting(): void {
  expect(poll()).toBe(Msg.register);
  let m = from(Msg.challenge); m.word = 0x77; give(m);
  expect(poll()).toBe(Msg.register);
  m = from(Msg.granted); m.word = INC; m.value = 0x77; give(m);
  expect(poll()).toBe(Msg.ask);
}
function viewOf(number: u32): Message {
  const m = from(Msg.view);
  m.number = number;
  views.clear(m.view, number);
  views.append(m.view, 3, INC); views.append(m.view, 4, 1);
  return m;
}
function member(): void {
  waiting();
  give(viewOf(5));
  expect(poll()).toBe(Msg.ask);
}

describe("agent", () => {
  beforeEach(() => { start(1); });
  afterEach(bed.end);

  test("a_node_registers_with_the_hash_of_its_content_image_and_repeats_the_challenge", () => {
    expect(poll()).toBe(Msg.register);
    for (let i: u32 = 0; i < 32; i++) expect(load<u8>(said().hash + i)).toBe(0x5a);
    expect(next()).toBe(0);
    const m = from(Msg.challenge); m.word = 0x1234; give(m);
    expect(poll()).toBe(Msg.register);
    expect(said().word).toBe(0x1234);
  });
  test("a_view_is_installed_and_lets_the_primary_speak_until_a_lease_after_the_ask", () => {
    waiting();
    later(20);
    give(viewOf(5));
    expect(ft.viewNumber(0)).toBe(5);
    expect(poll()).toBe(Msg.ask);
    expect(<u32>said().flags & Flag.member).toBe(Flag.member);
    give(from(Msg.grant));
    expect(bed.r().mute).toBe(0);
    expect(bed.r().until).toBe(said().askTime + 300000);
  });
  test("r18_a_grant_counts_from_the_ask_that_it_quotes", () => {
    member();
    const asked = said().askTime;
    later(250);
    give(from(Msg.grant));
    expect(bed.r().until).toBe(asked + 300000);
  });
  test("each_refused_datagram_counts_once_and_does_nothing", () => {
    member();
    const before = bed.r().until;
    for (let row = 0; row < 11; row++) {
      const m = from(Msg.grant);
      let c: u32 = Manage.misdirected, src = address(1), sealed = true, n = wire.lengthOf(Msg.grant);
      switch (row) {
        case 0: { src = address(2); break; }
        case 1: { m.sender = 2; break; }
        case 2: { m.receiver = 2; break; }
        case 3: { m.site = 78; break; }
        case 4: { m.kind = <u8>Msg.ask; break; }
        case 5: { m.service = 1; c = Manage.unknownService; break; }
        case 6: { m.service = 200; c = Manage.unknownService; break; }
        case 7: { sealed = false; c = Manage.forged; break; }
        case 8: { n--; c = Manage.malformed; break; }
        case 9: { m.askNonce++; c = Manage.stale; break; }
        default: { m.receiverInc++; c = Manage.otherIncarnation; break; }
      }
      if (sealed) wire.seal(m, KEY);
      counters.clear();
      agent.input(MSG, n, src, 7001);
      expect(counters.get(c)).toBe(1, row.toString());
      expect(link.sum()).toBe(1, row.toString());
    }
    expect(bed.r().until).toBe(before);
  });
  test("r13_the_sites_time_is_learnt_from_a_fresh_answer_and_from_nothing_else", () => {
    waiting();
    let m = from(Msg.probe); m.flags = <u8>Flag.siteKnown; m.siteMs = 5000; give(m);
    expect(site.isKnown()).toBeFalsy();
    m = from(Msg.hello); m.flags = <u8>Flag.siteKnown; m.siteMs = 5000; m.askNonce++; give(m);
    expect(site.isKnown()).toBeFalsy();
    m = from(Msg.hello); m.siteMs = 5000; give(m);
    expect(site.isKnown()).toBeFalsy();
    later(10);
    m = from(Msg.hello); m.flags = <u8>Flag.siteKnown; m.siteMs = 5000; give(m);
    expect(site.isKnown()).toBeTruthy();
    expect(site.ms() >= 5004 && site.ms() <= 5006).toBeTruthy("the middle of ask and answer");
  });
  test("r23_the_word_that_it_has_left_waits_for_the_frames_that_were_queued_before", () => {
    member();
    give(from(Msg.grant));
    ring.at(0).txQueued++;                               // a frame that the NIC still holds
    const m = from(Msg.out); m.number = 6;
    views.clear(m.view, 6); views.append(m.view, 4, 1);
    give(m);
    expect(ft.viewNumber(0)).toBe(0);
    expect(agent.at(0).state).toBe(State.leaving);
    later(100);
    agent.run();
    expect(agent.at(0).state).toBe(State.leaving);
    ring.at(0).txQueued--;
    later(201);                                          // its lease is over: no frame may leave any more
    expect(poll()).toBe(Msg.ask);
    expect(<u32>said().flags & Flag.left).toBe(Flag.left);
    expect(said().senderInc).toBe(INC);
    expect(next()).toBe(Msg.register);
  });
  test("r27_the_newcomer_awaits_the_state_of_the_node_that_it_is_told", () => {
    waiting();
    const m = from(Msg.receive); m.value = 4; m.word = INC; give(m);
    expect(ft.caughtUp(0)).toBe(1);
    expect(bed.r().feedAddr).toBe(address(4));
    expect(poll()).toBe(Msg.ask);
    expect(<u32>said().progress).toBe(1);
  });
  test("a_suspicion_is_told_at_once", () => {
    member();
    expect(poll()).toBe(0);
    bed.r().suspicion = 4;
    later(10);
    bed.poll();
    expect(poll()).toBe(Msg.ask);
    expect(<u32>said().suspicion).toBe(4);
    expect(bed.r().suspicion).toBe(0);
  });
  test("a_view_that_the_replica_refuses_gives_no_voice", () => {
    waiting();
    bed.r().heardView = 9;
    give(viewOf(5));
    expect(ft.viewNumber(0)).toBe(0);
    expect(bed.r().until).toBe(0);
  });
  test("it_wants_to_be_called_at_the_next_ask", () => {
    member();
    give(from(Msg.grant));
    expect(agent.run()).toBe(100000);
    later(40);
    expect(agent.run()).toBe(60000);
  });
  test("a_primary_without_an_answer_asks_again_at_a_twentieth_of_the_lease", () => {
    member();
    expect(agent.run()).toBe(15000);
    later(15);
    expect(poll()).toBe(Msg.ask);
    give(from(Msg.grant));
    expect(agent.run()).toBe(100000);
  });
});
