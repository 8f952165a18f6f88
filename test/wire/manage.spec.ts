import * as wire from "../../assembly/wire/manage";
import { Check, Flag, Message, Msg } from "../../assembly/wire/manage";
import * as siphash from "../../assembly/core/siphash";
import * as views from "../../assembly/wire/view";

const KEY: usize = memory.data(16, 16);
const P: usize = memory.data(160, 16);

function fill(kind: u32): Message {
  for (let i: u32 = 0; i < 16; i++) store<u8>(KEY + i, <u8>i);
  memory.fill(P, 0xa5, 160);
  const m = wire.begin(P, kind);
  m.service = 3; m.sender = 2; m.receiver = 1; m.site = 0x4d01;
  m.senderInc = 0x1112131415161718; m.receiverInc = 0x2122232425262728;
  m.askTime = 0x3132333435363738; m.askNonce = 0x4142434445464748;
  m.number = 0x51525354; m.siteMs = 0x61626364; m.flags = <u8>(Flag.siteKnown | Flag.member); m.progress = 2; m.suspicion = 0x0507;
  m.value = 0x71727374; m.word = 0x8182838485868788;
  return m;
}

describe("messages of the view protocol", () => {
  test("the_head_is_golden", () => {
    fill(Msg.ask);
    const golden: u8[] = [
      0x48, 0x4d, 2, 3, 2, 1, 0x01, 0x4d, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
      0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31, 0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41, 0x54, 0x53, 0x52, 0x51,
      0x64, 0x63, 0x62, 0x61, 9, 2, 7, 5, 0x74, 0x73, 0x72, 0x71, 0x88, 0x87, 0x86, 0x85, 0x84, 0x83, 0x82, 0x81,
    ];
    for (let i = 0; i < golden.length; i++) expect(load<u8>(P + i)).toBe(golden[i], i.toString());
  });
  test("the_tag_covers_every_byte_before_it_and_stands_at_the_end", () => {
    const kinds: u32[] = [1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26], lengths: u32[] = [104, 72, 128, 72, 72, 72, 72, 72, 128, 128, 72, 72, 72, 72];
    for (let k = 0; k < kinds.length; k++) {
      const m = fill(kinds[k]), n = wire.seal(m, KEY);
      expect(n).toBe(lengths[k], kinds[k].toString());
      expect(load<u8>(P + 128)).toBe(0xa5);
      expect(load<u64>(P + n - 8)).toBe(siphash.hash(KEY, P, n - 8));
      expect(wire.check(P, n, KEY)).toBe(Check.ok);
      for (let i: u32 = 0; i < n; i++) {
        store<u8>(P + i, load<u8>(P + i) ^ 0x40);
        expect(wire.check(P, n, KEY) != Check.ok).toBeTruthy();
        store<u8>(P + i, load<u8>(P + i) ^ 0x40);
      }
      for (let i: u32 = 0; i < 140; i++) if (i != n) expect(wire.check(P, i, KEY)).toBe(Check.malformed);
    }
  });
  test("unknown_kinds_have_no_length", () => {
    expect(wire.lengthOf(0)).toBe(0);
    expect(wire.lengthOf(4)).toBe(0);
    expect(wire.lengthOf(27)).toBe(0);
    expect(wire.lengthOf(255)).toBe(0);
  });
  test("another_key_is_forgery", () => {
    const n = wire.seal(fill(Msg.grant), KEY);
    store<u8>(KEY, 1);
    expect(wire.check(P, n, KEY)).toBe(Check.forged);
  });
  test("a_view_stands_behind_the_head", () => {
    const m = fill(Msg.view);
    views.clear(m.view, 5);
    views.append(m.view, 2, 7);
    expect(load<u32>(P + 64)).toBe(5);
    expect(load<u8>(P + 72)).toBe(2);
    expect(load<u64>(P + 80)).toBe(7);
    expect(m.hash).toBe(P + 64);
  });
});
