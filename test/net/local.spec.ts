import * as clock from "../../assembly/core/clock";
import * as local from "../../assembly/net/local";
import { LocalFlag } from "../../assembly/net/local";
import { Voice } from "../../assembly/net/voice";

const VOICE: usize = memory.data(16, 16);

describe("local", () => {
  test("an_address_is_found_by_what_it_is", () => {
    local.init();
    local.add(0x0a000001, 0, LocalFlag.own); local.add(0x0a000002, 0, LocalFlag.vhost | LocalFlag.tunnelOnly);
    local.add(0x0a000003, 0, LocalFlag.proxy); local.add(0x0a000004, 0, LocalFlag.node);
    expect(local.find(0x0a000001) != null).toBeTruthy(); expect(local.find(0x0a000002)!.isVhost).toBeTruthy();
    expect(local.find(0x0a000003) == null).toBeTruthy(); expect(local.any(0x0a000003)!.isVhost).toBeTruthy();
    expect(local.find(0x0a000004) == null).toBeTruthy(); expect(local.any(0x0a000004) != null).toBeTruthy();
    expect(local.any(0) == null && local.any(0x0a000005) == null).toBeTruthy();
  });
  test("addresses_that_collide_are_all_found", () => {
    local.init();
    for (let i: u32 = 1; i <= 128; i++) expect(local.add(i << 24, 0, LocalFlag.own)).toBe(0);
    expect(local.add(0x01020304, 0, LocalFlag.own)).toBe(-6);
    expect(local.add(5 << 24, 0, LocalFlag.node)).toBe(0, "flags are added to a full table");
    let found = 0;
    for (let i: u32 = 1; i <= 128; i++) if (local.find(i << 24) != null && local.find(i << 24)!.addr == i << 24) found++;
    expect(found).toBe(128);
    expect(local.find(129 << 24) == null).toBeTruthy();
  });
  test("a_voice_speaks_until_its_time", () => {
    local.init();
    clock.reset(1000);
    local.add(1, VOICE, LocalFlag.vhost); local.add(2, 0, LocalFlag.own);
    const v = changetype<Voice>(VOICE), l = local.find(1)!;
    v.mute = 0; v.until = 0;
    expect(l.speaks && local.find(2)!.speaks).toBeTruthy();
    v.until = 1001;
    expect(l.speaks).toBeTruthy(); expect(l.until).toBe(1001);
    v.until = 1000;
    expect(l.speaks).toBeFalsy();
    v.until = 0; v.mute = 1;
    expect(l.speaks).toBeFalsy();
    expect(local.find(2)!.until).toBe(0);
  });
});
