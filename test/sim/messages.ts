// Messages of the view protocol (docs/protocol-views.md), for schedules that lose, hold back or forge chosen ones, and for the checker.

import { type ViewOf } from "./check.ts";
import { SITE } from "./world.ts";
import { datagramAt } from "./wire.ts";

export const enum Msg {
  register = 1, ask = 2, answer = 3,
  hello = 16, challenge = 17, granted = 18, grant = 19, probe = 20, view = 21, out = 22, feed = 23, receive = 24, stop = 25, orderOn = 26,
}
export const enum MsgFlag { siteKnown = 1, stopped = 2, left = 4, member = 8 }

export interface Message { kind: Msg; service: number; sender: number; receiver: number; askTime: number; number: number; flags: number; at: number }

/** The head of the message in a frame, or null where the frame is something else. `at`: offset of the message. */
export function messageOf(frame: Uint8Array): Message | null {
  const at = datagramAt(frame, SITE.managePort);
  if (at < 0 || frame.length < at + 72 || frame[at] !== 0x48 || frame[at + 1] !== 0x4d) return null;
  const v = new DataView(frame.buffer, frame.byteOffset + at);
  return {
    kind: frame[at + 2], service: frame[at + 3], sender: frame[at + 4], receiver: frame[at + 5], askTime: Number(v.getBigUint64(24, true)),
    number: v.getUint32(40, true), flags: frame[at + 48], at,
  };
}

/** The view behind the head of a message of kind view, out or answer. */
export function viewIn(frame: Uint8Array, m: Message): ViewOf {
  const v = new DataView(frame.buffer, frame.byteOffset + m.at + 64), n = Math.min(v.getUint32(4, true), 5), nodes: number[] = [], incarnations: string[] = [];
  for (let i = 0; i < n; i++) {
    nodes.push(v.getUint8(8 + i));
    incarnations.push(`${v.getUint32(20 + 8 * i, true).toString(16)}.${v.getUint32(16 + 8 * i, true).toString(16)}`);
  }
  return { number: v.getUint32(0, true), nodes, incarnations };
}

/** True for frames with one of these messages, for schedules. */
export const only = (...kinds: Msg[]) => (frame: Uint8Array): boolean => { const m = messageOf(frame); return m !== null && kinds.includes(m.kind); };
