// Builds configuration blocks for tests: a site of one redirector (node 1), hosts from node 2 on, and services.

import * as crc32 from "../../assembly/core/crc32";
import * as config from "../../assembly/core/config";

const BLOCK: usize = memory.data(16384, 16);
let at: usize = 0;
let count: u32 = 0;

export function begin(node: u32, role: u32): void {
  memory.fill(BLOCK, 0, 16384);
  store<u32>(BLOCK, config.MAGIC);
  store<u16>(BLOCK, 1, 4);
  store<u8>(BLOCK, <u8>node, 16);
  store<u8>(BLOCK, <u8>role, 17);
  store<u16>(BLOCK, 77, 18);
  at = BLOCK + 32;
  count = 0;
}

/** A zeroed record; returns its address. */
export function record(type: u32, n: u32): usize {
  const p = at;
  store<u16>(p, <u16>type);
  store<u16>(p, <u16>n, 2);
  at += n;
  count++;
  return p;
}

export function site(): usize {
  const p = record(1, 48);
  for (let i: u32 = 0; i < 16; i++) store<u8>(p + 4 + i, <u8>(0x10 + i));
  store<u32>(p, 300, 20); store<u32>(p, 20, 24); store<u32>(p, 1000, 28); store<u32>(p, 5000, 32);
  store<u16>(p, 2, 36); store<u16>(p, 3, 38); store<u16>(p, 7001, 40); store<u16>(p, 7002, 42); store<u32>(p, 0x0a000001, 44);
  return p;
}

export function iface(address: u32): usize {
  const p = record(2, 20);
  store<u8>(p, 1, 4); store<u8>(p, 24, 5); store<u16>(p, 1500, 6);
  store<u8>(p, 2, 8); store<u8>(p, 7, 13);
  store<u32>(p, address, 16);
  return p;
}

export function route(prefix: u32, bits: u32, iface: u32, via: u32): usize {
  const p = record(3, 16);
  store<u32>(p, prefix, 4); store<u8>(p, <u8>bits, 8); store<u8>(p, <u8>iface, 9); store<u32>(p, via, 12);
  return p;
}

/** Node `id` has the address 10.0.0.id. */
export function node(id: u32, role: u32): usize {
  const p = record(4, 12);
  store<u8>(p, <u8>id, 4); store<u8>(p, <u8>role, 5); store<u32>(p, 0x0a000000 + id, 8);
  return p;
}

/** A service of mode ft at 192.168.1.id, its members the nodes 2 to n + 1. */
export function service(id: u32, n: u32): usize {
  const p = record(5, 64);
  store<u8>(p, <u8>id, 4); store<u8>(p, 2, 5); store<u8>(p, 1, 6); store<u8>(p, <u8>n, 7);
  store<u32>(p, 0xc0a80100 + id, 8); store<u16>(p, 80, 12);
  for (let i: u32 = 0; i < n; i++) store<u8>(p + 16 + i, <u8>(2 + i));
  store<u32>(p, 65536, 24); store<u32>(p, 65536, 28); store<u16>(p, 10, 32); store<u16>(p, 30, 34); store<u16>(p, 3, 36); store<u16>(p, 500, 38);
  return p;
}

export function metric(service: u32, node: u32, prefix: u32, bits: u32, value: u32): usize {
  const p = record(6, 16);
  store<u8>(p, <u8>service, 4); store<u8>(p, <u8>node, 5); store<u8>(p, <u8>bits, 6); store<u32>(p, prefix, 8); store<u32>(p, value, 12);
  return p;
}

/** Closes the block; its address is `address()`, its length is returned. */
export function end(): u32 {
  const n = <u32>(at - BLOCK);
  store<u16>(BLOCK, <u16>count, 6);
  store<u32>(BLOCK, n, 8);
  return seal(n);
}

/** Writes the checksum of a block of n bytes that a test has changed. */
export function seal(n: u32): u32 {
  store<u32>(BLOCK, 0, 12);
  store<u32>(BLOCK, crc32.update(0, BLOCK, n), 12);
  return n;
}

export function address(): usize { return BLOCK; }

/** The site of most tests: redirector 1, hosts 2 to hosts + 1, service 0 with n members; parsed for node `id`. */
export function standard(id: u32, hosts: u32, n: u32): i32 {
  begin(id, id == 1 ? 1 : 2);
  site();
  iface(0x0a000000 + id);
  node(1, 1);
  for (let i: u32 = 0; i < hosts; i++) node(2 + i, 2);
  if (n != 0) service(0, n);
  return config.parse(BLOCK, end());
}
