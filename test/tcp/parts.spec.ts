// The small parts of TCP, each against a plain reference.

import { start, end } from "./bed";
import { put32 } from "../../assembly/core/bytes";
import { CHUNK, CHUNKS, CONNS, RANGES } from "../../assembly/core/sizes";
import { Conn } from "../../assembly/tcp/conn";
import { Stream } from "../../assembly/tcp/stream";
import { Range } from "../../assembly/tcp/ranges";
import * as stream from "../../assembly/tcp/stream";
import * as rcvpool from "../../assembly/tcp/rcvpool";
import * as ranges from "../../assembly/tcp/ranges";
import * as options from "../../assembly/tcp/options";
import * as cubic from "../../assembly/tcp/cubic";
import * as cc from "../../assembly/tcp/cc";
import * as keys from "../../assembly/tcp/keys";
import * as rtt from "../../assembly/tcp/rtt";
import * as window from "../../assembly/tcp/window";
import * as site from "../../assembly/core/site";
import * as bed from "../net/bed";

const S: usize = memory.data(8, 16);
const HEAD: usize = memory.data(8, 16);
const BUF: usize = memory.data(1 << 17, 16);
const GOT: usize = memory.data(1 << 17, 16);
const C: usize = memory.data(512, 16);
const SENDERS: usize = memory.data(8 * CONNS, 16);
function s(): Stream { return changetype<Stream>(S); }
function c(): Conn { return changetype<Conn>(C); }

describe("stream", () => {
  beforeEach(() => { stream.init(); memory.fill(S, 0, 8); for (let i: u32 = 0; i < 1 << 17; i++) store<u8>(BUF + i, <u8>(i * 13 >> 2)); });
  test("bytes_come_back_at_any_offset_also_around_the_wrap", () => {
    const offsets: u32[] = [0, 1, CHUNK - 1, CHUNK, 12345, 0xffffffff - 5000, 0xfffff000];
    for (let i = 0; i < offsets.length; i++) {
      expect(stream.write(s(), offsets[i], BUF, 50000)).toBe(50000);
      stream.read(s(), offsets[i], GOT, 50000);
      expect(memory.compare(BUF, GOT, 50000)).toBe(0);
      stream.release(s(), offsets[i], offsets[i] + 50000, true);
      expect(stream.available()).toBe(CHUNKS);
    }
  });
  test("a_short_stream_holds_one_chunk_and_an_empty_one_none", () => {
    stream.write(s(), 100, BUF, 200);
    expect(stream.available()).toBe(CHUNKS - 1);
    stream.release(s(), 100, 300, true);
    expect(stream.available()).toBe(CHUNKS);
  });
  test("chunks_are_given_back_as_the_front_moves", () => {
    stream.write(s(), 0, BUF, 10 * CHUNK);
    expect(stream.available()).toBe(CHUNKS - 11);
    stream.release(s(), 0, 3 * CHUNK + 1, false);
    expect(stream.available()).toBe(CHUNKS - 8);
    expect(stream.span(s(), 3 * CHUNK - 1)).toBe(0);
    expect(stream.span(s(), 3 * CHUNK)).not.toBe(0);
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
  test("bytes_may_be_written_with_gaps", () => {
    stream.write(s(), 5 * CHUNK, BUF, 10);
    stream.write(s(), 0, BUF + 10, 10);
    expect(stream.span(s(), 2 * CHUNK)).toBe(0);
    stream.read(s(), 5 * CHUNK, GOT, 10);
    expect(memory.compare(BUF, GOT, 10)).toBe(0);
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
  test("an_empty_pool_takes_what_fits", () => {
    let n: u32 = 0;
    while (stream.available() > 1) { stream.write(s(), n * CHUNK, BUF, CHUNK); n++; }
    expect(stream.write(s(), n * CHUNK, BUF, 3 * CHUNK)).toBe(CHUNK);
    expect(stream.write(s(), (n + 1) * CHUNK, BUF, 1)).toBe(0);
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
});

describe("receive pool", () => {
  beforeEach(() => { stream.init(); rcvpool.init(); memory.fill(S, 0, 8); memory.fill(SENDERS, 0, 8 * CONNS); });
  test("an_index_goes_with_the_last_but_one_chunk", () => {
    expect(rcvpool.write(s(), 0, BUF, 3 * CHUNK, 0)).toBe(3 * CHUNK);
    expect(rcvpool.used()).toBe(4);
    rcvpool.release(s(), 0, 2 * CHUNK + 10, false);
    expect(rcvpool.used()).toBe(1);
    expect(stream.available()).toBe(CHUNKS - 1);
    stream.read(s(), 2 * CHUNK + 10, GOT, CHUNK - 10);
    expect(memory.compare(BUF + 2 * CHUNK + 10, GOT, CHUNK - 10)).toBe(0);
    expect(rcvpool.write(s(), 3 * CHUNK, BUF, CHUNK, 0)).toBe(CHUNK);
    expect(rcvpool.used()).toBe(3);
    rcvpool.clear(s());
    expect(rcvpool.used()).toBe(0);
    expect(stream.available()).toBe(CHUNKS);
  });
  test("receiving_leaves_sending_its_half_and_its_indices", () => {
    let off: u32 = 0;
    for (;;) { const n = rcvpool.write(s(), off, BUF, 1000, 0); off += n; if (n != 1000) break; }
    expect(rcvpool.low()).toBeTruthy();
    expect(rcvpool.used() <= rcvpool.LIMIT).toBeTruthy();
    expect(rcvpool.write(s(), off, BUF, 1000, 0)).toBe(0, "no chunk for more");
    const each = CHUNKS / 2 / CONNS;
    for (let i: u32 = 0; i < CONNS; i++) {
      const x = changetype<Stream>(SENDERS + (i << 3));
      expect(stream.write(x, 0, BUF, each * CHUNK)).toBe(each * CHUNK);
    }
    for (let i: u32 = 0; i < CONNS; i++) stream.clear(changetype<Stream>(SENDERS + (i << 3)));
    rcvpool.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
});

describe("ranges", () => {
  beforeEach(() => { ranges.init(); store<u32>(HEAD, 0); });
  test("random_ranges_equal_a_bitmap", () => {
    const MAP: usize = GOT;
    let seed: u32 = 12345;
    for (let round = 0; round < 50; round++) {
      memory.fill(MAP, 0, 1000);
      for (let i = 0; i < 30; i++) {
        seed = seed * 1664525 + 1013904223;
        const a = (seed >> 8) % 950, n = 1 + (seed >> 24) % 50;
        expect(ranges.insert(HEAD, a - 100, a - 100 + n, 0)).toBeTruthy();
        memory.fill(MAP + a, 1, n);
      }
      let bad = 0, last: u32 = 0, first = true;
      for (let i: u32 = 0; i < 1000; i++) if (ranges.has(HEAD, i - 100) != (load<u8>(MAP + i) != 0)) bad++;
      for (let at = load<usize>(HEAD); at != 0; at = changetype<Range>(at).next) {
        const r = changetype<Range>(at);
        if (!first && <i32>(r.start - last) <= 0) bad++;
        last = r.end; first = false;
      }
      expect(bad).toBe(0);
      ranges.trim(HEAD, 300);
      expect(ranges.has(HEAD, 299)).toBeFalsy();
      ranges.clear(HEAD);
      expect(ranges.available()).toBe(RANGES);
    }
  });
  test("one_list_cannot_take_the_pool", () => {
    let n: u32 = 0;
    while (ranges.insert(HEAD, n * 10, n * 10 + 5, 0)) n++;
    expect(n <= ranges.LIMIT + 1).toBeTruthy();
    ranges.clear(HEAD);
    expect(ranges.available()).toBe(RANGES);
  });
});

describe("options", () => {
  test("a_syns_options_are_read_as_they_were_written", () => {
    for (let ts = 0; ts < 2; ts++) for (let sack = 0; sack < 2; sack++) for (let ws: u32 = 0; ws < 16; ws += 15) {
      memory.fill(BUF, 0xa5, 64);
      const n = options.writeSyn(BUF, 1440, sack != 0, ts != 0, 7, 8, ws == 15 ? 255 : ws);
      expect(n & 3).toBe(0);
      expect(load<u8>(BUF + n)).toBe(0xa5);
      expect(options.parse(BUF, n)).toBeTruthy();
      expect(options.mss).toBe(1440);
      expect(options.sackOk).toBe(sack != 0);
      expect(options.hasTs).toBe(ts != 0);
      expect(options.wscale).toBe(ws == 15 ? 255 : ws);
    }
  });
  test("no_bytes_make_it_trap_or_read_beyond", () => {
    let seed: u32 = 99;
    for (let i = 0; i < 20000; i++) {
      for (let k: u32 = 0; k < 40; k += 4) { seed = seed * 1664525 + 1013904223; store<u32>(BUF + k, i & 1 ? seed & 0x0f0f0f0f : seed >> 3); }
      const n = (seed >> 20) % 41;
      if (options.parse(BUF, n) && options.sackN != 0) expect(options.sackAt + (options.sackN << 3) <= BUF + n).toBeTruthy();
    }
  });
  test("rfc7323_2_3_a_shift_above_14_is_14", () => {
    put32(BUF, 0x010303ff);
    expect(options.parse(BUF, 4)).toBeTruthy();
    expect(options.wscale).toBe(14);
  });
});

describe("cubic", () => {
  test("the_cube_root_is_exact", () => {
    for (let i: u32 = 0; i < 1625; i++) {
      expect(cubic.cbrt(i * i * i)).toBe(i);
      if (i > 1) expect(cubic.cbrt(i * i * i - 1)).toBe(i - 1);
    }
    expect(cubic.cbrt(0xffffffff)).toBe(1625);
  });
  test("rfc9438_4_2_the_curve_is_the_references", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000;
    c().cc0 = 1000000;
    c().cc1 = cubic.rise(750);                     // (1000 - 700 segments) / 0.4
    const k = Math.cbrt(750.0);
    expect(Math.abs(<f64>c().cc1 / 128.0 - k) < 0.07).toBeTruthy();
    for (let t: u32 = 0; t < 3000; t += 37) {
      const d = <f64>t / 128.0 - <f64>c().cc1 / 128.0, want = 1000000.0 + 400.0 * d * d * d;
      expect(Math.abs(<f64>cubic.curve(c(), t) - want) < 1000.0 + Math.abs(want - 1000000.0) / 50.0).toBeTruthy(t.toString());
    }
  });
  test("rfc9438_4_6_a_loss_leaves_seven_tenths", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000; c().cwnd = 100000;
    cc.lost(c(), 100000);
    expect(c().ssthresh > 69000 && c().ssthresh < 71000).toBeTruthy();
  });
  test("newreno_halves_and_grows_by_one_segment_per_window", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000; c().cc = 1; c().flags = 128;
    c().cwnd = cc.lost(c(), 100000);
    expect(c().cwnd).toBe(50000);
    for (let i = 0; i < 50; i++) cc.acked(c(), 1000);
    expect(c().cwnd).toBe(51000);
  });
});

describe("rtt", () => {
  test("rfc6298_2_smoothing_equals_the_reference", () => {
    memory.fill(C, 0, 512);
    let srtt = 0.0, rttvar = 0.0, seed: u32 = 5;
    for (let i = 0; i < 500; i++) {
      seed = seed * 1664525 + 1013904223;
      const ms = 100 + (seed >> 16) % 200;
      rtt.sample(c(), ms);
      if (i == 0) { srtt = ms; rttvar = ms / 2; }
      else { rttvar = 0.75 * rttvar + 0.25 * Math.abs(srtt - <f64>ms); srtt = 0.875 * srtt + 0.125 * <f64>ms; }
      expect(Math.abs(<f64>(c().srtt >> 3) - srtt) < 3.0).toBeTruthy();
      expect(Math.abs(<f64>c().rto - (srtt + 4.0 * rttvar)) < 20.0).toBeTruthy();
    }
  });
});

describe("keys", () => {
  beforeEach(start);
  afterEach(end);
  test("a_cookie_is_valid_for_its_connection_and_two_minutes", () => {
    const v = keys.cookie(1, 2, 3, 4, 5, 1450);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v)).toBe(1440);
    expect(keys.cookieMss(1, 2, 3, 4, 6, v)).toBe(0);
    expect(keys.cookieMss(1, 2, 3, 5, 5, v)).toBe(0);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v + 32)).toBe(0);
    bed.later(128000);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v)).toBe(1440);
    bed.later(140000);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v)).toBe(0);
  });
  test("a_cookies_timestamp_is_not_in_the_future", () => {
    for (let v: u32 = 0xffffff00; v != 300; v++) {
      const t = keys.cookieTs(v, 7, true);
      expect(v - t < 64 + 64).toBeTruthy();
      expect(t & 63).toBe(23);
    }
  });
  test("rfc6528_isns_grow_with_time_and_differ_between_connections", () => {
    const a = keys.isn(1, 2, 3, 4);
    expect(keys.isn(1, 2, 3, 5)).not.toBe(a);
    const t = site.ms();
    bed.later(100);
    expect(keys.isn(1, 2, 3, 4) - a).toBe((site.ms() - t) * 250);
  });
});

describe("window", () => {
  test("rfc7323_2_the_scale_is_the_least_that_fits", () => {
    expect(window.scaleFor(65535)).toBe(0);
    expect(window.scaleFor(65536)).toBe(1);
    expect(window.scaleFor(1 << 20)).toBe(5);
  });
  test("r15a_the_field_is_rounded_up", () => {
    memory.fill(C, 0, 512);
    c().wscaleRcv = 3;
    c().edgeLimit = 1001;
    expect(window.field(c(), 0)).toBe(126);
    expect(window.field(c(), 1001)).toBe(0);
    expect(window.field(c(), 2000)).toBe(0);
  });
});
