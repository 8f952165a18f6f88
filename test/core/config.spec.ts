import * as config from "../../assembly/core/config";
import * as crc32 from "../../assembly/core/crc32";
import * as log from "../../assembly/core/log";
import { Err } from "../../assembly/core/err";
import { METRICS, IFACES, ROUTES, SERVICES } from "../../assembly/core/sizes";
import * as block from "./block";

const TEXT: usize = memory.data<u8>([49, 50, 51, 52, 53, 54, 55, 56, 57]);

let siteAt: usize, ifaceAt: usize, routeAt: usize, hostAt: usize, serviceAt: usize, metricAt: usize;

function build(): u32 {
  block.begin(1, 1);
  siteAt = block.site();
  ifaceAt = block.iface(0x0a000001);
  routeAt = block.route(0x0a010000, 16, 0, 0x0a0000fe);
  block.node(1, 1);
  hostAt = block.node(2, 2);
  block.node(3, 2);
  serviceAt = block.service(0, 2);
  block.service(2, 1);
  store<u8>(block.service(3, 2), 1, 5);
  metricAt = block.metric(3, 2, 0xc0000000, 8, 5);
  const c = block.record(7, 44);
  store<u32>(c, 1234, 4); store<u8>(c, 0xab, 12); store<u8>(c, 0xcd, 43);
  return block.end();
}

function parse(n: u32): i32 {
  while (log.oldest() != 0) log.drop();
  return config.parse(block.address(), n);
}

/** The error after storing a byte into a record of a good block. */
function spoilt(record: u32, offset: u32, value: u8): i32 {
  const n = build();
  const p = record == 1 ? siteAt : record == 2 ? ifaceAt : record == 3 ? routeAt : record == 4 ? hostAt : record == 5 ? serviceAt : metricAt;
  store<u8>(p + offset, value);
  block.seal(n);
  return parse(n);
}

describe("crc32", () => {
  test("check_value_of_the_ieee_polynomial", () => {
    expect(crc32.update(0, TEXT, 9)).toBe(0xcbf43926);
    expect(crc32.update(crc32.update(0, TEXT, 4), TEXT + 4, 5)).toBe(0xcbf43926);
    expect(crc32.update(0, TEXT, 0)).toBe(0);
  });
});

describe("configuration", () => {
  test("a_good_block_is_read_whole", () => {
    const n = build();
    expect(parse(n)).toBe(0);
    memory.fill(block.address(), 0, n);
    expect(config.id()).toBe(1);
    expect(config.role()).toBe(config.Role.redirector);
    expect(config.siteId()).toBe(77);
    expect(config.site().lease).toBe(300);
    expect(config.site().tunnel).toBe(0x0a000001);
    expect(load<u8>(config.key())).toBe(0x10);
    expect(load<u8>(config.key() + 15)).toBe(0x1f);
    expect(config.ifaces).toBe(1);
    expect(config.iface(0).address).toBe(0x0a000001);
    expect(load<u8>(config.mac(0))).toBe(2);
    expect(load<u8>(config.mac(0) + 5)).toBe(7);
    expect(config.routes).toBe(1);
    expect(config.route(0).via).toBe(0x0a0000fe);
    expect(config.isNode(0)).toBeFalsy();
    expect(config.isNode(3)).toBeTruthy();
    expect(config.isNode(4)).toBeFalsy();
    expect(config.isNode(1000)).toBeFalsy();
    expect(config.nodeAt(0x0a000003)).toBe(3);
    expect(config.nodeAt(0x0a000009)).toBe(0);
    expect(config.manager()).toBe(1);
    expect(config.isService(1)).toBeFalsy();
    const s = config.service(0);
    expect(s.n).toBe(2);
    expect(config.member(s, 1)).toBe(3);
    expect(config.memberIndex(s, 3)).toBe(1);
    expect(config.memberIndex(s, 1)).toBe(-1);
    expect(s.silence).toBe(30);
    expect(config.metrics).toBe(1);
    expect(config.metric(0).metric).toBe(5);
    expect(config.content()!.bytes).toBe(1234);
    expect(load<u8>(changetype<usize>(config.content()!) + 12)).toBe(0xab);
  });
  test("a_damaged_header_has_a_named_error", () => {
    let n = build(); store<u8>(block.address(), 0x49); expect(parse(n)).toBe(Err.badMagic);
    n = build(); store<u16>(block.address(), 2, 4); expect(parse(n)).toBe(Err.badVersion);
    n = build(); expect(parse(n - 4)).toBe(Err.badLength);
    n = build(); expect(parse(31)).toBe(Err.badLength);
    n = build(); expect(parse(config.SIZE + 1)).toBe(Err.badLength);
    n = build(); store<u8>(serviceAt, 99, 30); expect(parse(n)).toBe(Err.badCrc);
    expect(log.oldest() != 0).toBeTruthy();
    expect(config.ifaces).toBe(0);
    expect(config.isNode(1)).toBeFalsy();
  });
  test("every_truncation_is_refused", () => {
    const n = build();
    for (let k: u32 = 32; k < n; k++) {
      build();
      store<u32>(block.address(), k, 8);
      block.seal(k);
      expect(parse(k) < 0).toBeTruthy();
    }
  });
  test("a_record_of_another_length_type_or_number_is_refused", () => {
    expect(spoilt(1, 2, 44)).toBe(Err.badLength);
    expect(spoilt(1, 2, 0)).toBe(Err.badLength);
    expect(spoilt(1, 2, 49)).toBe(Err.badLength);
    expect(spoilt(5, 0, 8)).toBe(Err.badRecord);
    let n = build(); store<u16>(block.address(), 10, 6); block.seal(n); expect(parse(n)).toBe(Err.badLength);
    n = build(); store<u16>(block.address(), 12, 6); block.seal(n); expect(parse(n)).toBe(Err.badLength);
  });
  test("contradictions_are_refused", () => {
    const rows: u32[] = [ // record, offset, value
      1, 36, 0, 1, 38, 0, 1, 47, 0xff, 1, 42, 0x59, // 0x1b59 is the manage port
      2, 5, 0, 2, 5, 33, 2, 7, 0, 2, 8, 1, 2, 19, 0, 2, 19, 0xe0,
      3, 8, 33, 3, 8, 8, 3, 9, 1, 3, 15, 0x7f,
      4, 4, 0, 4, 4, 3, 4, 4, 1, 4, 5, 3, 4, 8, 3, 4, 11, 0,
      5, 5, 4, 5, 6, 7, 5, 6, 0, 5, 7, 9, 5, 7, 1, 5, 7, 3, 5, 11, 0, 5, 12, 0, 5, 16, 1, 5, 16, 9, 5, 16, 3, 5, 34, 9, 5, 40, 2, 5, 41, 2, 5, 4, 2, 5, 8, 2,
      6, 4, 1, 6, 4, 0, 6, 5, 1, 6, 5, 9, 6, 6, 33, 6, 6, 1,
    ];
    for (let i = 0; i < rows.length; i += 3) {
      const e = spoilt(rows[i], rows[i + 1], <u8>rows[i + 2]);
      expect(e).toBe(Err.badRecord, rows[i].toString() + "+" + rows[i + 1].toString() + "=" + rows[i + 2].toString());
    }
    expect(spoilt(1, 21, 0)).toBe(0);
  });
  test("more_records_than_this_build_has_room_for_are_an_error", () => {
    expect(spoilt(5, 4, <u8>SERVICES)).toBe(Err.tooMany);
    expect(spoilt(4, 4, 32)).toBe(Err.tooMany);
    build();
    for (let i: u32 = 0; i < IFACES; i++) block.iface(0x0a000001);
    expect(parse(block.end())).toBe(Err.tooMany);
    build();
    for (let i: u32 = 0; i < ROUTES; i++) block.route(0, 0, 0, 0);
    expect(parse(block.end())).toBe(Err.tooMany);
    build();
    for (let i: u32 = 0; i < METRICS; i++) block.metric(3, 2, 0, 0, 1);
    expect(parse(block.end())).toBe(Err.tooMany);
    build();
    block.site();
    expect(parse(block.end())).toBe(Err.tooMany);
  });
  test("a_host_refuses_buffers_beyond_its_build", () => {
    block.begin(2, 2);
    block.site(); block.iface(0x0a000002); block.node(1, 1); block.node(2, 2);
    const s = block.service(0, 1);
    expect(parse(block.end())).toBe(0);
    store<u32>(s, 0x7fffffff, 24);
    expect(parse(block.end())).toBe(Err.tooMany);
  });
  test("random_damage_never_traps", () => {
    let x: u32 = 1;
    for (let round = 0; round < 3000; round++) {
      const n = build();
      for (let k = 0; k < 3; k++) {
        x ^= x << 13; x ^= x >> 17; x ^= x << 5;
        store<u8>(block.address() + 6 + x % (n - 6), <u8>(x >> 16));
      }
      block.seal(n);
      expect(parse(n) <= 0).toBeTruthy();
    }
  });
});
