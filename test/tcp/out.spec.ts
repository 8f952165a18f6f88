import { A, CPORT, K, PEER, PORT, end, out, outLen, outOptLen, setMute, setUntil, start, take, VOICE } from "./bed";
import { drain } from "../net/bed";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Bit } from "../../assembly/wire/tcp";
import { Tcp as C } from "../../assembly/tcp/counters";
import { TX_RING } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/tcp/counters";
import * as frame from "../../assembly/core/frame";
import * as sender from "../../assembly/tcp/out";

function ip(): Ip4 { return changetype<Ip4>(changetype<usize>(out()) - IP); }
function send(bits: u32, options: u32, n: u32): void { sender.end(VOICE, A, PORT, PEER, CPORT, 5, 6, bits, 7, options, n); }

describe("out", () => {
  beforeEach(start);
  afterEach(end);

  test("a_segment_leaves_with_header_options_payload_and_checksums", () => {
    const o = sender.begin(VOICE);
    expect(o).not.toBe(0);
    memory.fill(o, 1, 12);
    for (let i: u32 = 0; i < 33; i++) store<u8>(o + 12 + i, <u8>i);
    send(K, 12, 33);
    expect(take()).toBe(IP + 20 + 12 + 33);   // `take` checks both checksums
    expect(out().seq).toBe(5); expect(out().ack).toBe(6); expect(out().wnd).toBe(7);
    expect(outOptLen).toBe(12); expect(outLen()).toBe(33);
    expect(ip().ttl).toBe(64); expect(ip().tos).toBe(0);
    expect(ip().id).toBe(0);
  });
  test("marks_count_for_one_segment", () => {
    expect(sender.begin(VOICE)).not.toBe(0);
    sender.mark(9, 0x28);
    send(K, 0, 0);
    expect(take()).not.toBe(0);
    expect(ip().ttl).toBe(9); expect(ip().tos).toBe(0x28);
    expect(sender.begin(VOICE)).not.toBe(0);
    send(K, 0, 0);
    expect(take()).not.toBe(0);
    expect(ip().ttl).toBe(64); expect(ip().tos).toBe(0);
  });
  test("the_urgent_pointer_is_zero_without_its_bit", () => {
    expect(sender.begin(VOICE)).not.toBe(0);
    sender.setUrgent(77);
    send(K | Bit.urg, 0, 0);
    expect(take()).not.toBe(0); expect(out().urgent).toBe(77);
    expect(sender.begin(VOICE)).not.toBe(0);
    send(K, 0, 0);
    expect(take()).not.toBe(0); expect(out().urgent).toBe(0);
  });
  test("r18_a_muted_or_lapsed_voice_lets_nothing_out_and_is_counted", () => {
    expect(sender.may(VOICE)).toBeTruthy();
    setMute(1);
    expect(sender.begin(VOICE)).toBe(0);
    setMute(0); setUntil(clock.now);
    expect(sender.begin(VOICE)).toBe(0);
    setUntil(clock.now + 1);
    expect(sender.may(VOICE)).toBeTruthy();
    setUntil(0);
    expect(counters.get(C.silenced)).toBe(2);
  });
  test("without_a_buffer_nothing_begins", () => {
    let held: usize = 0;
    while (frame.available() > 0) { const f = frame.alloc(); store<usize>(f, held); held = f; }
    expect(sender.begin(VOICE)).toBe(0);
    while (held) { const next = load<usize>(held); frame.free(held); held = next; }
  });
  test("a_ring_with_few_slots_left_is_full_for_data", () => {
    expect(sender.full(PEER)).toBeFalsy();
    for (let i: u32 = 0; i < TX_RING - 15; i++) { sender.begin(VOICE); send(K, 0, 0); }
    expect(sender.full(PEER)).toBeTruthy();
    expect(sender.full(0x08080808)).toBeFalsy("no route: nothing to wait for");
    drain();
  });
});
