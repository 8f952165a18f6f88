import { Eth, EtherType, ETH } from "../../assembly/wire/eth";
import { bytes, hex } from "../net/bed";

const BUF: usize = memory.data(64, 16);

describe("ethernet header", () => {
  test("is_written_as_on_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    changetype<Eth>(BUF + 2).write(0x04030201, 0x0605, 0x14131211, 0x1615, EtherType.arp);
    expect(hex(BUF, 18)).toBe("a5a5" + "010203040506" + "111213141516" + "0806" + "a5a5");
  });
  test("is_read_from_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    expect(bytes(BUF + 2, "0102030405061112131415160800")).toBe(ETH);
    const e = changetype<Eth>(BUF + 2);
    expect(e.dstLo).toBe(0x04030201); expect(e.dstHi).toBe(0x0605);
    expect(e.srcLo).toBe(0x14131211); expect(e.srcHi).toBe(0x1615);
    expect(e.type).toBe(0x0800); expect(<u32>e.rawType).toBe(EtherType.ip4);
    expect(e.isGroup).toBeTruthy(); expect(e.isBroadcast).toBeFalsy();
    memory.fill(BUF + 2, 0xff, 6);
    expect(e.isBroadcast).toBeTruthy();
  });
});
