// What goes on when the fault comes: the phases of a connection.

import { showIp } from "../site/address.ts";
import type { Bed } from "./bed.ts";
import type { Kind, Spec } from "./flow.ts";

export const PHASES = ["upload", "download", "pingpong", "handshake", "halfclose", "close"] as const;
export type Phase = typeof PHASES[number];

export interface Plan {
  /** The service whose chain the fault is about. */
  service: string;
  /** Flows that run before; flows that are opened one by one around the fault; whether the first ones say their last words one by one around it. */
  steady: Spec[]; opened: Spec[]; last: boolean;
  /** Milliseconds between one and the next. */
  every: number;
}

const UPLOAD = 21, PING = 22, FIRST = 100;

/** The plan of a phase. `rate`: bytes per second of bulk downloads, 0 unbounded. */
export function plan(bed: Bed, phase: Phase, rate: number): Plan {
  const spec = (kind: Kind, service: string, seed: number, more: Partial<Spec> = {}): Spec => { const s = bed.service(service); return { kind, host: showIp(s.address), port: s.port, seed, ...more }; };
  const many = (n: number, f: (i: number) => Spec): Spec[] => Array.from({ length: n }, (_, i) => f(i));
  const none = { steady: [], opened: [], last: false, every: 1 };
  switch (phase) {
    case "upload": return { ...none, service: "sink", steady: [spec("upload", "sink", UPLOAD)] };
    case "download": return { ...none, service: "source", steady: [spec("download", "source", 1, { rate })] };
    case "pingpong": return { ...none, service: "echo", steady: [spec("pingpong", "echo", PING)] };
    case "handshake": return { ...none, service: "echo", opened: many(20, i => spec("exchange", "echo", FIRST + i)) };
    case "halfclose": return {
      ...none, service: "sink", last: true, every: 5,
      steady: [spec("download", "file", 2, { size: 4_000_000, rate: 4_000_000, fin: true }), ...many(3, i => spec("upload", "sink", FIRST + i))],
    };
    case "close": return { ...none, service: "echo", last: true, steady: many(16, i => spec("exchange", "echo", FIRST + i)), opened: many(8, () => spec("fetch", "small", 3, { size: 20_000 })) };
  }
}
