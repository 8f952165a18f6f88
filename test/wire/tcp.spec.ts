import { Bit, Tcp } from "../../assembly/wire/tcp";
import { bytes, hex } from "../net/bed";

const P: usize = memory.data(64, 16);
const GOLDEN = "0050c35d01020304a1b2c3d48012fedc12340000";

describe("tcp header", () => {
  test("fields_are_written_as_rfc9293_3_1_draws_them", () => {
    memory.fill(P, 0xa5, 64);
    const t = changetype<Tcp>(P);
    t.srcPort = 80; t.dstPort = 0xc35d;
    t.seq = 0x01020304; t.ack = 0xa1b2c3d4;
    t.headerSize = 32; t.bits = <u8>(Bit.syn | Bit.ack);
    t.wnd = 0xfedc;
    t.rawSum = 0x3412; t.rawUrg = 0;
    expect(hex(P, 21)).toBe(GOLDEN + "a5");
  });
  test("fields_are_read_as_rfc9293_3_1_draws_them", () => {
    memory.fill(P, 0xa5, 64);
    bytes(P, GOLDEN);
    const t = changetype<Tcp>(P);
    expect(t.srcPort).toBe(80);
    expect(t.dstPort).toBe(0xc35d);
    expect(t.seq).toBe(0x01020304);
    expect(t.ack).toBe(0xa1b2c3d4);
    expect(t.headerSize).toBe(32);
    expect(t.bits).toBe(<u8>(Bit.syn | Bit.ack));
    expect(t.wnd).toBe(0xfedc);
  });
});
