import * as bed from "./bed";
import * as iface from "../../assembly/net/iface";
import * as local from "../../assembly/net/local";
import * as route from "../../assembly/net/route";
import { LocalFlag } from "../../assembly/net/local";

describe("iface", () => {
  test("an_interface_names_its_address_its_broadcast_and_its_link", () => {
    bed.start();
    expect(iface.count).toBe(2);
    expect(iface.at(1).macLo).toBe(2); expect(iface.at(1).macHi).toBe(0x0101); expect(iface.at(0).isControl).toBeTruthy(); expect(iface.at(1).isControl).toBeFalsy();
    expect(local.any(bed.B)!.flags).toBe(LocalFlag.own); expect(local.any(0x0a0001ff)!.flags).toBe(LocalFlag.broadcast);
    expect(<u32>route.lookup(0x0a000177)!.iface).toBe(1);
    bed.end();
  });
  test("what_cannot_be_is_refused", () => {
    bed.start();
    expect(iface.add(0x0a000201, 33, 1500, bed.mac(2, 1), 0)).toBe(-5);
    expect(iface.add(0x0a000201, 24, 67, bed.mac(2, 1), 0)).toBe(-5);
    expect(iface.add(0x0a000201, 24, 1501, bed.mac(2, 1), 0)).toBe(-5);
    expect(iface.add(0, 24, 1500, bed.mac(2, 1), 0)).toBe(-5);
    const group = bed.mac(2, 1);
    store<u8>(group, 1);
    expect(iface.add(0x0a000201, 24, 1500, group, 0)).toBe(-5);
    expect(iface.add(0x0a000201, 31, 68, bed.mac(2, 1), 0) + iface.add(0x0a000301, 24, 1500, bed.mac(3, 1), 0)).toBe(0);
    expect(iface.add(0x0a000401, 24, 1500, bed.mac(4, 1), 0)).toBe(-6);
    bed.end();
  });
});
