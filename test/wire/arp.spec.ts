import { Arp, ArpOp, ARP } from "../../assembly/wire/arp";
import { bytes, hex } from "../net/bed";

const BUF: usize = memory.data(64, 16);
const GOLD = "0001080006040002" + "020000000101" + "0a000001" + "020000000102" + "0a000002";

describe("arp packet", () => {
  test("is_written_as_on_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    changetype<Arp>(BUF).write(ArpOp.reply, 2, 0x0101, 0x0a000001, 2, 0x0201, 0x0a000002);
    expect(hex(BUF, ARP + 2)).toBe(GOLD + "a5a5");
  });
  test("is_read_from_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    expect(bytes(BUF, GOLD)).toBe(ARP);
    const a = changetype<Arp>(BUF);
    expect(a.isIp4).toBeTruthy(); expect(a.op).toBe(2);
    expect(a.senderLo).toBe(2); expect(a.senderHi).toBe(0x0101); expect(a.senderIp).toBe(0x0a000001); expect(a.targetIp).toBe(0x0a000002);
    for (let i: u32 = 0; i < 6; i++) {
      bytes(BUF, GOLD);
      store<u8>(BUF + i, load<u8>(BUF + i) ^ 1);
      expect(a.isIp4).toBeFalsy();
    }
  });
});
