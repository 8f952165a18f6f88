import * as bed from "../net/bed";
import * as local from "../../assembly/net/local";
import * as table from "../../assembly/redirector/table";
import { LocalFlag } from "../../assembly/net/local";
import { Mode } from "../../assembly/core/config";

const V: u32 = 0xc0a80001;
function start(): void { bed.start(); table.init(); }

describe("table", () => {
  test("services_are_found_by_address_and_port", () => {
    start();
    expect(table.add(0, Mode.ft, V, 80, 0) + table.add(1, Mode.nearest, V, 443, 0) + table.add(2, Mode.ft, V + 1, 80, 0)).toBe(0);
    expect(table.find(V, 80)!.svc).toBe(0); expect(table.find(V, 443)!.svc).toBe(1); expect(table.find(V + 1, 80)!.svc).toBe(2);
    expect(table.find(V, 81) == null && table.find(V + 2, 80) == null).toBeTruthy();
    expect((local.any(V)!.flags & LocalFlag.proxy) != 0).toBeTruthy();
    bed.end();
  });
  test("the_rest_of_a_host_belongs_to_its_first_ft_service", () => {
    start();
    table.add(0, Mode.nearest, V, 443, 0); table.add(1, Mode.ft, V, 80, 0); table.add(2, Mode.ft, V, 81, 0x0a000009);
    expect(table.find(V, 0)!.svc).toBe(1); expect(table.find(V, 0)!.mode).toBe(Mode.ft); expect(table.find(V, 0)!.origin).toBe(0x0a000009);
    bed.end();
  });
  test("what_contradicts_itself_is_refused", () => {
    start();
    expect(table.add(0, Mode.ft, bed.A, 80, 0)).toBe(-5, "our own address");
    local.add(0x0a00000b, 0, LocalFlag.node);
    expect(table.add(0, Mode.ft, 0x0a00000b, 80, 0)).toBe(-5, "a node's address");
    expect(table.add(0, Mode.ft, V, 0, 0)).toBe(-5);
    expect(table.add(4, Mode.ft, V, 80, 0)).toBe(-5);
    expect(table.add(0, Mode.ft, V, 80, 0)).toBe(0);
    expect(table.add(1, Mode.ft, V, 80, 0)).toBe(-5);
    bed.end();
  });
  test("a_plain_service_on_a_node's_address_is_only_routed", () => {
    start();
    local.add(0x0a00000b, 0, LocalFlag.node);
    expect(table.add(0, Mode.plain, 0x0a00000b, 80, 0) + table.add(1, Mode.plain, 0, 80, 0)).toBe(0);
    expect(table.find(0x0a00000b, 80) == null).toBeTruthy();
    expect(local.any(0x0a00000b)!.flags).toBe(LocalFlag.node);
    bed.end();
  });
});
