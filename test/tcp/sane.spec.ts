import { end, established, start } from "./bed";
import * as sane from "../../assembly/tcp/sane";
import { Conn } from "../../assembly/tcp/conn";

let c: usize = 0;
function check(): void { sane.check(changetype<Conn>(c)); }
/** The block with one field otherwise traps, and goes on when that is undone. */
function traps(offset: usize, v: u32): void {
  const was = load<u32>(c + offset);
  store<u32>(c + offset, v);
  expect(check).toThrow();
  store<u32>(c + offset, was);
  check();
}

describe("sane", () => {
  beforeEach(start);
  afterEach(end);

  test("a_block_that_contradicts_itself_traps", () => {
    const conn = established();
    c = changetype<usize>(conn);
    check();
    traps(offsetof<Conn>("dep"), conn.rcvd + 1);
    traps(offsetof<Conn>("ok"), conn.prod + 1);
    traps(offsetof<Conn>("heardAck"), conn.sentMax + 1);
    traps(offsetof<Conn>("rcvd"), conn.dep - 1);
  });
  test("offsets_that_wrap_are_in_order", () => {
    const conn = established();
    c = changetype<usize>(conn);
    conn.dep = 0xfffffff0; conn.rcvd = 16; conn.ok = 0xffffffff; conn.prod = 0; conn.heardAck = 0x7fffffff; conn.sentMax = 0x80000001;
    check();
    conn.dep = 0; conn.rcvd = 0; conn.ok = 0; conn.prod = 0; conn.heardAck = 0; conn.sentMax = 0;
  });
});
