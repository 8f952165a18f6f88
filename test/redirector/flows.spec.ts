import * as clock from "../../assembly/core/clock";
import * as flows from "../../assembly/redirector/flows";

function start(): void { clock.reset(5000000); flows.init(); }
function later(ms: u32): void { clock.set(clock.now + <u64>ms * 1000); }
function node(svc: u32, addr: u32, port: u32): u32 { const f = flows.find(svc, addr, port); return f == null ? 0 : f.node; }

describe("flows", () => {
  test("a_flow_is_found_by_service_address_and_port", () => {
    start();
    flows.put(1, 0x08080808, 5000, 3, true);
    expect(node(1, 0x08080808, 5000)).toBe(3);
    expect(node(2, 0x08080808, 5000) + node(1, 0x08080809, 5000) + node(1, 0x08080808, 5001)).toBe(0);
    flows.put(1, 0x08080808, 5000, 2, false);
    expect(node(1, 0x08080808, 5000)).toBe(2);
  });
  test("an_idle_flow_is_forgotten_and_a_used_one_is_not", () => {
    start();
    flows.put(1, 1, 1, 1, false); flows.put(1, 2, 2, 2, false);
    later(599000);
    flows.touch(flows.find(1, 2, 2)!, false);
    later(2000);
    expect(node(1, 1, 1)).toBe(0); expect(node(1, 2, 2)).toBe(2);
  });
  test("a_flood_of_syns_displaces_syns_before_flows", () => {
    start();
    for (let i: u32 = 0; i < 2; i++) flows.put(0, 0x01000000 + i, 80, 1, false);
    later(1000);
    for (let i: u32 = 0; i < 1000; i++) flows.put(0, 0x09000000 + i * 7919, 1000 + i, 2, true);
    expect(node(0, 0x01000000, 80) + node(0, 0x01000001, 80)).toBe(2);
  });
  test("among_equals_the_one_unused_for_longest_goes", () => {
    start();
    for (let i: u32 = 0; i < 1000; i++) { flows.put(0, 0x01000000 + i, 80, 1, false); later(1); }
    let left: u32 = 0, recent: u32 = 0;
    for (let i: u32 = 0; i < 1000; i++) { const n = node(0, 0x01000000 + i, 80); left += n; if (i >= 996) recent += n; }
    expect(left).toBe(16);
    expect(recent).toBe(4);
  });
  test("a_syn_flow_that_goes_on_counts_as_a_flow", () => {
    start();
    flows.put(0, 1, 1, 1, true);
    expect(flows.find(0, 1, 1)!.used & 1).toBe(1);
    flows.touch(flows.find(0, 1, 1)!, true);
    expect(flows.find(0, 1, 1)!.used & 1).toBe(1);
    flows.touch(flows.find(0, 1, 1)!, false);
    expect(flows.find(0, 1, 1)!.used & 1).toBe(0);
    flows.touch(flows.find(0, 1, 1)!, true);
    expect(flows.find(0, 1, 1)!.used & 1).toBe(0);
  });
});
