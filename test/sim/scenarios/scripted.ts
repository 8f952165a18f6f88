// Vocabulary for schedules with a scripted client: connections, echoes, and which copies of its segments are meant.

import { Flag } from "../packet.ts";
import { Noise } from "../pattern.ts";
import { type RawConn, type RawOptions } from "../raw.ts";
import { copyOf } from "../wire.ts";
import { MS, SECOND, type Stage } from "./scenario.ts";

const noise = new Noise(1);
/** Counters of assembly/ft/counters.ts and assembly/tcp/counters.ts. */
export const enum Count { inconsistent = 169, divergence = 170, pulls = 177, cookieSent = 118, cookieTaken = 119, windowProbes = 128, keepAlives = 129, gaveUp = 130, mtu = 135, icmpBlind = 133 }

/** n bytes of a client's stream at an offset. */
export const bytes = (off: number, n: number): Uint8Array => noise.slice(off, n).slice();

/** A scripted connection that is open: everywhere, also the news of it. */
export function opened(s: Stage, port = 7, options: Partial<RawOptions> = {}, peer = s.raw(), localPort = 2000): RawConn {
  const c = peer.conn(localPort, port, options);
  c.syn();
  s.until("the handshake", 200 * MS, () => c.acked === 0 && c.irs >= 0);
  s.run(10 * MS);
  return c;
}

/** Sends [off, off + n), and waits until the echo of it is back. */
export function echoes(s: Stage, c: RawConn, off: number, n: number, bound = 500 * MS): void {
  c.data(off, bytes(off, n));
  s.until(`echo of ${off} to ${off + n}`, bound, () => c.got.length === off + n);
  s.expect("the echo is what was sent", Buffer.compare(c.got.subarray(off), bytes(off, n)) === 0);
}

/** Closes an echo connection after `off` bytes, and looks that nothing is held. */
export function closed(s: Stage, c: RawConn, off: number): void {
  c.fin(off);
  s.until("both ends closed", SECOND, () => c.ended && c.acked === off + 1);
  s.finish();
}

/** Sends the first 100 bytes of a connection, which are acknowledged, thrice again: replicas that hold them accuse the primary. */
export function accuse(s: Stage, c: RawConn): void {
  for (let i = 0; i < 3; i++) { c.data(0, bytes(0, 100)); s.run(i < 2 ? 110 * MS : 2 * MS); }
}

export const sum = (s: Stage, hosts: number[], counter: number): number => hosts.reduce((n, i) => n + s.count(i, counter), 0);

/** Copies whose payload begins as `data` does. */
export const copyWith = (data: Uint8Array) => (frame: Uint8Array): boolean => {
  const x = copyOf(frame);
  return x !== null && x.length > 0 && frame[x.data] === data[0] && frame[x.data + 1] === data[1];
};
export const copyFlags = (flags: number, without = 0) => (frame: Uint8Array): boolean => {
  const x = copyOf(frame);
  return x !== null && (x.flags & flags) === flags && (x.flags & without) === 0;
};
export const dataCopy = (frame: Uint8Array): boolean => (copyOf(frame)?.length ?? 0) > 0;
export const bareAck = (frame: Uint8Array): boolean => { const x = copyOf(frame); return x !== null && x.length === 0 && x.flags === Flag.ack; };
