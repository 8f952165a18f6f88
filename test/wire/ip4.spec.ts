import { Frag, IP, Ip4 } from "../../assembly/wire/ip4";
import { bytes, hex } from "../net/bed";

const BUF: usize = memory.data(64, 16);
// The well-known example: 115 bytes of UDP from 192.168.0.1 to 192.168.0.199, checksum b861.
const GOLD = "450000730000400040" + "11b861c0a80001c0a800c7";

describe("ipv4 header", () => {
  test("is_written_as_on_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    changetype<Ip4>(BUF).write(0x73, 0xc0a80001, 0xc0a800c7, 17, 64, 0, 0, Frag.df);
    expect(hex(BUF, IP + 2)).toBe(GOLD + "a5a5");
  });
  test("is_read_from_the_wire", () => {
    memory.fill(BUF, 0xa5, 64);
    expect(bytes(BUF, GOLD)).toBe(IP);
    const h = changetype<Ip4>(BUF);
    expect(h.version).toBe(4); expect(h.headerLen).toBe(20); expect(h.length).toBe(0x73); expect(h.id).toBe(0);
    expect(h.dontFragment).toBeTruthy(); expect(h.moreFragments).toBeFalsy(); expect(h.isFragment).toBeFalsy();
    expect(<u32>h.ttl).toBe(64); expect(<u32>h.proto).toBe(17); expect(h.src).toBe(0xc0a80001); expect(h.dst).toBe(0xc0a800c7);
    expect(h.sumIsRight).toBeTruthy(); expect(h.payload).toBe(BUF + 20);
  });
  test("every_flipped_bit_breaks_the_checksum", () => {
    for (let bit: u32 = 0; bit < 160; bit++) {
      if (bit < 4) continue; // the header's length
      bytes(BUF, GOLD);
      store<u8>(BUF + (bit >> 3), load<u8>(BUF + (bit >> 3)) ^ (<u8>1 << <u8>(bit & 7)));
      expect(changetype<Ip4>(BUF).sumIsRight).toBeFalsy();
    }
  });
  test("a_hop_keeps_the_checksum_right", () => {
    for (let id: u32 = 0; id < 65536; id += 251) {
      changetype<Ip4>(BUF).write(1500, 0x0a000001, 0x0a000002, 6, 255, 0, id, 0);
      for (let ttl: u32 = 254; ttl > 0; ttl -= 127) {
        changetype<Ip4>(BUF).hop();
        expect(changetype<Ip4>(BUF).sumIsRight).toBeTruthy();
      }
      expect(<u32>changetype<Ip4>(BUF).ttl).toBe(253);
    }
  });
  test("fragment_fields_are_in_bytes", () => {
    changetype<Ip4>(BUF).write(28, 1, 2, 6, 64, 0, 0x1234, Frag.mf | 185);
    const h = changetype<Ip4>(BUF);
    expect(h.fragOffset).toBe(1480); expect(h.moreFragments).toBeTruthy(); expect(h.isFragment).toBeTruthy(); expect(h.id).toBe(0x1234);
    h.frag = 185;
    expect(h.isFragment).toBeTruthy(); expect(h.moreFragments).toBeFalsy();
  });
});
