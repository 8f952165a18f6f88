import { Udp, UDP } from "../../assembly/wire/udp";
import { bytes, hex } from "../net/bed";

const BUF: usize = memory.data(64, 16);

describe("udp header", () => {
  test("is_written_as_on_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    changetype<Udp>(BUF).write(53, 4096, 300);
    expect(hex(BUF, UDP + 2)).toBe("00351000012c0000a5a5");
  });
  test("is_read_from_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    bytes(BUF, "00351000012cbeef");
    const u = changetype<Udp>(BUF);
    expect(u.srcPort).toBe(53); expect(u.dstPort).toBe(4096); expect(u.length).toBe(300); expect(<u32>u.rawSum).toBe(0xefbe); expect(u.payload).toBe(BUF + 8);
  });
});
