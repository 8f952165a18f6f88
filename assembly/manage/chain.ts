// What the manager knows of each chain, and of each configured node in it. Two clocks: `now` is the node's, for leases; `judge` stands still
// while the manager itself was not polled (R25), for every deadline that it judges others by. Both in microseconds.

import { SERVICES } from "../core/sizes";
import * as config from "../core/config";
import { Service } from "../core/config";
import * as siphash from "../core/siphash";
import { View } from "../wire/view";
import * as views from "../wire/view";

export const enum Phase {
  off = 0,
  hold = 1,      // R17: granting nothing until what an earlier manager granted is over
  asking = 2,    // without a record: asking every configured node
  running = 3,
  pool = 4,      // `nearest`: no chain, members are whoever is alive
}
export const enum JoinPhase { none = 0, feeding = 1, stopping = 2 }

@unmanaged export class Chain {
  svc: u32;
  phase: u32;           // Phase
  number: u32;          // the newest view: number, n, nodes, incarnations
  n: u32;
  view1: u64; view2: u64; view3: u64; view4: u64; view5: u64; view6: u64;
  change: u32;          // the record's change that has this view
  announced: u32;       // number of the view that the redirector's table shows, and ...
  pooled: u32;          // ... of a pool: the nodes, one bit per index
  recorded: u32;        // 1: the view came from the record
  lossAt: u64;          // judge: no member has answered since; 0: no loss
  seenAt: u64;          // judge: since when silence of asks counts
  // the present probing
  probeNonce: u64;      // 0: none
  probeAt: u64;         // judge: when the next probe is due, or the verdict
  probesSent: u32;
  answered: u32;        // bit per member
  // suspicion that outlives a probing
  accused: u32;         // 1: the clients' retransmissions accuse the primary
  link: u32;            // node at the farther end of a link that is silent, 0: none
  accusedAt: u64;       // judge: when all answered although accused; 0: not yet
  linkAt: u64;          // the same for the link
  linkSeen: u64;        // judge: last report of the link
  // the present join
  joinPhase: u32;       // JoinPhase
  joinNode: u32;
  joinInc: u64;
  joinAt: u64;          // judge: last progress
  over: u64;            // newest attempt that is over in this view
}
export const CHAIN: u32 = 256;
if (offsetof<Chain>() > 256) ERROR("Chain: size");
if (offsetof<Chain>("view6") - offsetof<Chain>("number") != 48) ERROR("Chain: view");

/** A configured node of a chain. */
@unmanaged export class Peer {
  incarnation: u64;     // the one that counts: a member's, or the newest registered; 0: none known
  askTime: u64;         // its last ask, which every message to it quotes
  askNonce: u64;
  askedAt: u64;         // now, when that ask came; 0: never
  heardAt: u64;         // judge, the same
  until: u64;           // now: when the last lease granted to it is surely over
  sentAt: u64;          // now: last view, out or message of a join
  view: u32;            // view that it was a member of at its last ask
  told: u32;            // 1: it was told that it is primary, and may speak until `until`
  registered: u32;      // 1: `incarnation` was granted in this manager's life
  registrations: u32;   // makes each challenge another
  connections: u32;
  progress: u32;
  flags: u32;           // of its last ask
  slow: u32;            // about the longest that an answer to its asks took lately, ms
  over: u64;            // attempts that it knows to be over
  outInc: u64;          // removed: the incarnation that still has to hear it, 0: none
  refused: u32;         // 1: its content image differs, said once
  // what it told while the manager asked everybody
  answered: u32;
  heardNumber: u32;
  heard0: u64; heard1: u64; heard2: u64; heard3: u64; heard4: u64; heard5: u64; heard6: u64;
}
export const PEER: u32 = 256;
if (offsetof<Peer>() > 256) ERROR("Peer: size");
/** Configured nodes of a service at most. */
export const PEERS: u32 = 8;

const CHAINS: usize = memory.data(256 * SERVICES, 16);
const TABLE: usize = memory.data(256 * 8 * SERVICES, 16);

/** The manager's key, and its own incarnation: another one for each start. */
export const KEY: usize = memory.data(16, 16);
export let self: u32 = 0;
export let incarnation: u64 = 0;
/** Microseconds. */
export let lease: u64 = 0;
/** R19: how long after the manager granted it a lease is surely over: drift 10^-3 and the margin included. */
export let fence: u64 = 0;

export let now: u64 = 0;
export let judge: u64 = 0;

export function init(): void {
  memory.fill(CHAINS, 0, 256 * SERVICES);
  memory.fill(TABLE, 0, 256 * 8 * SERVICES);
  siphash.derive(config.key(), siphash.Key.manage, 0, KEY);
  self = config.id();
  const s = config.site(), us = s.lease * 1000;
  lease = <u64>us;
  fence = <u64>us + <u64>(us / 1000 + 1) + <u64>(s.margin * 1000);
}

/** This manager's incarnation: life is its counter of starts, where it has a record. */
export function name(life: u32, entropy: usize, mac: usize): void {
  siphash.begin(KEY);
  siphash.word(<u64>life);
  siphash.word(load<u64>(entropy));
  siphash.word(load<u64>(entropy, 8));
  siphash.word(<u64>load<u32>(mac) | <u64>load<u16>(mac, 4) << 32);
  siphash.word(now);
  incarnation = siphash.end(0, 40) | 1;
}

export function setTime(t: u64, j: u64): void { now = t; judge = j; }

// @ts-ignore: decorator
@inline export function at(svc: u32): Chain { return changetype<Chain>(CHAINS + (<usize>svc << 8)); }
// @ts-ignore: decorator
@inline export function view(c: Chain): View { return changetype<View>(changetype<usize>(c) + offsetof<Chain>("number")); }
// @ts-ignore: decorator
@inline export function peer(c: Chain, index: u32): Peer { return changetype<Peer>(TABLE + (<usize>(c.svc * PEERS + index) << 8)); }
// @ts-ignore: decorator
@inline export function heard(p: Peer): View { return changetype<View>(changetype<usize>(p) + offsetof<Peer>("heard0")); }
export function service(c: Chain): Service { return config.service(c.svc); }

/** The peer of a node, which is configured for this service. */
export function peerOf(c: Chain, node: u32): Peer { return peer(c, <u32>config.memberIndex(service(c), node)); }
/** The peer of member i of the newest view. */
export function member(c: Chain, i: u32): Peer { return peerOf(c, views.node(view(c), i)); }

/** Member i still is the incarnation that the view names, as far as is known. */
export function same(c: Chain, i: u32): bool { return member(c, i).incarnation == views.incarnation(view(c), i); }

/** Position of a peer's present incarnation in the newest view, or -1. */
export function position(c: Chain, index: u32): i32 {
  const p = peer(c, index);
  return p.incarnation == 0 ? -1 : views.find(view(c), config.member(service(c), index), p.incarnation);
}

/** The manager can quote an ask that its sender still takes. */
export function quotable(p: Peer): bool { return p.askedAt != 0 && now - p.askedAt < lease; }
/** It has asked within a lease, the manager's own sleep not counted. */
export function alive(p: Peer): bool { return p.heardAt != 0 && judge - p.heardAt <= lease; }

/** R19: nobody but `except` (a Peer, or 0) may still speak. */
export function quiet(c: Chain, except: usize): bool {
  const n = <u32>service(c).n;
  for (let i: u32 = 0; i < n; i++) {
    const p = peer(c, i);
    if (changetype<usize>(p) != except && p.told != 0 && p.until > now) return false;
  }
  return true;
}
