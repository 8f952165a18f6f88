// Messages of the view protocol (docs/protocol-views.md): one fixed little-endian head, for some kinds a view or a hash behind it, and a
// SipHash-2-4 tag over all of it at the end. What a field means for which kind is told in that document.

import * as siphash from "../core/siphash";
import { View, VIEW } from "./view";

export const MAGIC: u32 = 0x4d48;
export const TAG: u32 = 8;
/** Longest message. */
export const LONGEST: u32 = 128;

export const enum Msg {
  // node to manager
  register = 1, ask = 2, answer = 3,
  // manager to node
  hello = 16, challenge = 17, granted = 18, grant = 19, probe = 20, view = 21, out = 22, feed = 23, receive = 24, stop = 25, orderOn = 26,
}

export const enum Flag {
  siteKnown = 1,   // `siteMs` is valid
  stopped = 2,     // ask: the tail has stopped ordering for a join
  left = 4,        // ask: the sender has dropped all state of the service, and its last frame has left
  member = 8,      // ask, answer: the sender is a member of view `number`
  cookies = 16,    // ask, answer: the service meets SYNs with cookies
}

@unmanaged export class Message {
  magic: u16;
  kind: u8;             // Msg
  service: u8;
  sender: u8;           // node ids
  receiver: u8;
  site: u16;
  senderInc: u64;
  receiverInc: u64;
  askTime: u64;         // microseconds on the node's clock: this ask's, or that of the ask which the manager quotes
  askNonce: u64;
  number: u32;          // view
  siteMs: u32;          // sender's site time, milliseconds
  flags: u8;            // Flag
  progress: u8;         // ask: how far the newcomer has caught up, 0-2
  suspicion: u16;       // ask: Suspect bits
  value: u32;           // ask, answer: `askValue`; feed, receive: the other node
  word: u64;            // register, challenge, probe, answer: the manager's nonce; granted: incarnation; feed, receive, stop, orderOn: attempt

  get view(): View { return changetype<View>(changetype<usize>(this) + HEAD); }
  get hash(): usize { return changetype<usize>(this) + HEAD; }
}
export const HEAD: u32 = 64;
export const HASH: u32 = 32;
if (offsetof<Message>() != 64) ERROR("Message: layout");

/** Length of a message of this kind with its tag; 0 for an unknown kind. */
export function lengthOf(kind: u32): u32 {
  switch (kind) {
    case Msg.register: return HEAD + HASH + TAG;
    case Msg.answer: case Msg.view: case Msg.out: return HEAD + VIEW + TAG;
    case Msg.ask: case Msg.hello: case Msg.challenge: case Msg.granted: case Msg.grant: case Msg.probe:
    case Msg.feed: case Msg.receive: case Msg.stop: case Msg.orderOn: return HEAD + TAG;
    default: return 0;
  }
}

/** `value` of an ask: the service's connections, and above them the milliseconds that an answer takes at most, 255 for more. */
export function askValue(connections: u32, slow: u32): u32 { return connections & 0xffffff | min<u32>(slow, 255) << 24; }
export function connections(value: u32): u32 { return value & 0xffffff; }
export function slow(value: u32): u32 { return value >> 24; }

/** An empty message of a kind at p, which has room for LONGEST bytes. */
export function begin(p: usize, kind: u32): Message {
  memory.fill(p, 0, LONGEST);
  const m = changetype<Message>(p);
  m.magic = <u16>MAGIC;
  m.kind = <u8>kind;
  return m;
}

/** Writes the tag under the 16-byte key and returns the length. */
export function seal(m: Message, key: usize): u32 {
  const p = changetype<usize>(m), n = lengthOf(m.kind) - TAG;
  store<u64>(p + n, siphash.hash(key, p, n));
  return n + TAG;
}

export const enum Check { ok = 0, malformed = 1, forged = 2 }

/** Looks n bytes at p over: shape first, then the tag. */
export function check(p: usize, n: u32, key: usize): Check {
  if (n < HEAD + TAG) return Check.malformed;
  const m = changetype<Message>(p);
  if (<u32>m.magic != MAGIC || lengthOf(m.kind) != n) return Check.malformed;
  // Unaligned loads are fine in wasm; the tag's comparison does not branch on its bytes.
  if (load<u64>(p + n - TAG) != siphash.hash(key, p, n - TAG)) return Check.forged;
  return Check.ok;
}
