import { hex } from "../net/bed";
import { BYTES, Bytes, CHAIN, COUNTER, Chain, ChainFlag, Counter, CounterFlag, DOUBT, Doubt, HEARSAY, Hearsay, HearsayFlag, Magic, OPINION, Opinion, PULL, Pull } from "../../assembly/wire/chain";

const P: usize = memory.data(64, 16);

describe("chain messages", () => {
  beforeEach(() => { memory.fill(P, 0xa5, 64); });

  test("golden_bytes_of_a_header", () => {
    const m = changetype<Chain>(P);
    m.magic = <u8>Magic.chain; m.version = <u8>Magic.version; m.service = 2; m.flags = <u8>(ChainFlag.up | ChainFlag.cookies);
    m.sender = 3; m.receiver = 4; m.length = 0x0102; m.view = 0x11121314; m.seq = 0x21222324;
    m.senderIncarnation = 0x3132333435363738; m.receiverIncarnation = 0x4142434445464748;
    m.heard = 5; m.applied = 6; m.want = 7; m.stable = 8; m.before = 0x80000001;
    expect(hex(P, CHAIN)).toBe("430102030304020114131211242322213837363534333231484746454443424105000000060000000700000008000000" + "01000080");
    expect(load<u8>(P + CHAIN)).toBe(0xa5);
  });
  test("golden_bytes_of_what_sections_hold", () => {
    const c = changetype<Counter>(P);
    c.c = 0x0102; c.flags = <u8>(CounterFlag.okFin | CounterFlag.prodFin); c.pad = 0; c.prod = 3; c.ok = 4; c.edge = 5; c.digest = 0x0102030405060708;
    expect(hex(P, COUNTER)).toBe("0201030003000000040000000500000008070605040302" + "01");
    const h = changetype<Hearsay>(P);
    h.c = 7; h.flags = <u8>(HearsayFlag.established | HearsayFlag.giveUp); h.pad = 0; h.irs = 1; h.rcvd = 2; h.ack = 3; h.wnd = 4;
    expect(hex(P, HEARSAY)).toBe("0700110001000000020000000300000004000000");
    const q = changetype<Pull>(P);
    q.c = 9; q.pad = 0; q.from = 0x100; q.to = 0x200;
    expect(hex(P, PULL)).toBe("090000000001000000020000");
    const b = changetype<Bytes>(P);
    b.c = 9; b.n = 0x0400; b.offset = 0x100;
    expect(hex(P, BYTES)).toBe("0900000400010000");
    const d = changetype<Doubt>(P);
    d.c = 1; d.pad = 0; d.irs = 2; d.known = 3; d.differ = 4;
    expect(hex(P, DOUBT)).toBe("01000000020000000300000004000000");
    const o = changetype<Opinion>(P);
    o.position = 1; o.prod = 2; o.digest = 3;
    expect(hex(P, OPINION)).toBe("01000000020000000300000000000000");
  });
});
