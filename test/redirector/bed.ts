// A redirector for specs: interface 0 is the control link with three host servers 10.0.0.11 to 13, interface 1 leads to the client. Service 0 is
// `ft` on 192.168.7.7 port 80.

import { Ip4 } from "../../assembly/wire/ip4";
import { LocalFlag } from "../../assembly/net/local";
import { Mode } from "../../assembly/core/config";
import { Verdict } from "../../assembly/net/verdict";
import { put16 } from "../../assembly/core/bytes";
import * as bed from "../net/bed";
import * as local from "../../assembly/net/local";
import * as members from "../../assembly/manage/members";
import * as redirector from "../../assembly/redirector/redirector";
import * as route from "../../assembly/net/route";
import * as table from "../../assembly/redirector/table";

export const VHOST: u32 = 0xc0a80707, CLIENT: u32 = 0x08080808, S: u32 = 0x0a00000b;
export const MANAGE: u32 = 7000, CHAIN: u32 = 7001;

export function start(): void {
  bed.start();
  bed.timers(redirector.timer);
  members.init();
  redirector.init(bed.A, MANAGE, CHAIN);
  for (let i: u32 = 0; i < 3; i++) local.add(S + i, 0, LocalFlag.node);
  expect(table.add(0, Mode.ft, VHOST, 80, 0)).toBe(0);
  route.add(0, 0, 1, bed.FAR);
  view(3);
  bed.meet(1, bed.FAR, 2);
  for (let i: u32 = 0; i < 3; i++) bed.meet(0, S + i, 11 + i);
}

/** View 0x10005 with the first n servers. */
export function view(n: u32): void {
  members.begin(0, 0x10005);
  for (let i: u32 = 0; i < n; i++) members.add(0, i + 1, S + i);
}

/** A TCP segment of n payload bytes from the client; its frame. */
export function segment(dst: u32, port: u32, flags: u32, n: u32): usize {
  const p = bed.packet(1, CLIENT, dst, 6, 20 + n);
  put16(bed.payload(p), 5000); put16(bed.payload(p) + 2, port);
  store<u8>(bed.payload(p), <u8>flags, 13);
  return p;
}
export const SYN: u32 = 2, ACK: u32 = 16;

/** Gives a frame to the redirector, which must be for somebody else. */
export function input(i: u32, p: usize): void {
  expect(bed.inject(i, p)).toBe(Verdict.forward);
  redirector.input();
}

/** The servers that got a copy since the last call, as bits; `inner` is the last one. Each copy is checked. */
export function copies(): u32 {
  let got: u32 = 0;
  for (let n = bed.next(0); n; n = bed.next(0)) {
    const o = bed.out(), i = o.dst - S;
    expect(i < 3).toBeTruthy("to a server");
    expect(<u32>o.proto).toBe(4); expect(o.sumIsRight).toBeTruthy(); expect(o.src).toBe(bed.A); expect(o.dontFragment).toBeTruthy();
    expect(o.length).toBe(n - 14); expect(inner().length).toBe(n - 34); expect(inner().sumIsRight).toBeTruthy();
    expect(<u32>load<u8>(bed.OUT, 5)).toBe(11 + i, "its MAC");
    got |= 1 << i;
  }
  return got;
}
export function inner(): Ip4 { return changetype<Ip4>(bed.OUT + 34); }
/** What was refused by `input` without a frame leaving. */
export function silent(): void { expect(bed.next(0) + bed.next(1)).toBe(0); }
