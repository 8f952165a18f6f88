import { Icmp, IcmpType, ICMP, Unreachable } from "../../assembly/wire/icmp";
import { bytes, hex } from "../net/bed";

const BUF: usize = memory.data(64, 16);

describe("icmp header", () => {
  test("is_written_as_on_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    changetype<Icmp>(BUF).write(IcmpType.unreachable, Unreachable.fragNeeded, 1480);
    expect(hex(BUF, ICMP + 2)).toBe("03040000000005c8a5a5");
  });
  test("is_read_from_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    bytes(BUF, "0304000000000514");
    const m = changetype<Icmp>(BUF);
    expect(<u32>m.type).toBe(3); expect(<u32>m.code).toBe(4); expect(m.mtu).toBe(1300); expect(m.data).toBe(BUF + 8);
  });
  test("errors_are_told_from_queries", () => {
    let errors: u32 = 0;
    for (let t: u32 = 0; t < 256; t++) { store<u8>(BUF, <u8>t); if (changetype<Icmp>(BUF).isError) errors = errors * 100 + t; }
    expect(errors).toBe(304051112);
  });
});
