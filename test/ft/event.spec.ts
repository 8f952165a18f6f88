import * as event from "../../assembly/ft/event";
import { Event, EventSize, Kind, synOf } from "../../assembly/ft/event";

const A: usize = memory.data(64, 16);
const B: usize = memory.data(64, 16);
const WIRE: usize = memory.data(64, 16);

function filled(kind: i32): Event {
  const e = changetype<Event>(A);
  memory.fill(A, 0, EventSize.bytes);
  e.kind = <u8>kind; e.flags = 1; e.c = 0x1234; e.time = 0xa1b2c3d4;
  if (kind == Kind.syn) for (let i: u32 = 0; i < 32; i++) store<u8>(A + 24 + i, <u8>(i + 1));
  else if (kind == Kind.data || kind == Kind.fin || kind == Kind.writable || kind == Kind.timer) e.a = 0x11223344;
  if (kind == Kind.data) e.digest = 0x0102030405060708;
  return e;
}

describe("event", () => {
  test("every_kind_survives_the_wire", () => {
    for (let kind: i32 = Kind.syn; kind <= Kind.closed; kind++) {
      const e = filled(kind);
      memory.fill(WIRE, 0xa5, 64);
      const n = event.write(e, WIRE);
      expect(n).toBe(event.wireSize(kind));
      expect(load<u8>(WIRE + n)).toBe(0xa5);
      memory.fill(B, 0xa5, 64);
      expect(event.read(changetype<Event>(B), WIRE, n)).toBe(n);
      expect(memory.compare(A, B, kind == Kind.syn ? 56 : 32)).toBe(0);
    }
  });
  test("golden_bytes_of_a_data_event", () => {
    event.write(filled(Kind.data), WIRE);
    expect(load<u32>(WIRE)).toBe(0x12340103);
    expect(load<u32>(WIRE, 4)).toBe(0xa1b2c3d4);
    expect(load<u32>(WIRE, 8)).toBe(0x11223344);
    expect(load<u64>(WIRE, 12)).toBe(0x0102030405060708);
  });
  test("short_or_unknown_events_are_refused", () => {
    for (let kind: i32 = Kind.syn; kind <= Kind.closed; kind++) {
      const n = event.write(filled(kind), WIRE);
      for (let k: u32 = 0; k < n; k++) expect(event.read(changetype<Event>(B), WIRE, k)).toBe(0);
    }
    event.write(filled(Kind.accept), WIRE);
    store<u8>(WIRE, 0);
    expect(event.read(changetype<Event>(B), WIRE, 64)).toBe(0);
    store<u8>(WIRE, 9);
    expect(event.read(changetype<Event>(B), WIRE, 64)).toBe(0);
  });
  test("the_history_hash_tells_any_difference_and_order", () => {
    const e = filled(Kind.data);
    const h = event.mix(7, e);
    expect(event.mix(8, e) == h).toBeFalsy("before");
    e.a++;
    expect(event.mix(7, e) == h).toBeFalsy();
    e.a--;
    expect(event.mix(7, e) == h).toBeTruthy();
    const s = filled(Kind.syn), hs = event.mix(7, s);
    synOf(s).iss++;
    expect(event.mix(7, s) == hs).toBeFalsy("syn");
    const x = event.mix(event.mix(1, filled(Kind.accept)), filled(Kind.fin)), y = event.mix(event.mix(1, filled(Kind.fin)), filled(Kind.accept));
    expect(x == y).toBeFalsy("order");
  });
});
