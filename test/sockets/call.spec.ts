import { A, take } from "../tcp/bed";
import { ARG, WAITS, address, bindTo, call, callOn, end, errno, gotLen, join, leave, reply, run, start, stream } from "./bed";
import { Op } from "../../assembly/sockets/call";
import { Errno } from "../../assembly/sockets/linux";
import { Phase, PortState, REQUEST } from "../../assembly/sockets/port";
import { FDS, SOCKETS } from "../../assembly/core/sizes";
import * as port from "../../assembly/sockets/port";
import * as socket from "../../assembly/sockets/socket";

describe("sockets: calls", () => {
  beforeEach(start);
  afterEach(end);

  test("an_unknown_call_and_an_unknown_descriptor_are_errors_and_the_next_call_works", () => {
    const ops: u32[] = [0, 19, 0xffffffff];
    for (let i = 0; i < ops.length; i++) { expect(call(ops[i], 1, 2, 3, 40)).toBe(-1); expect(errno).toBe(Errno.ENOSYS); }
    expect(call(Op.listen, 77, 1, 0, 0)).toBe(-1); expect(errno).toBe(Errno.EBADF);
    expect(stream()).toBe(3);
  });
  test("a_request_may_come_byte_by_byte", () => {
    const fd = stream(), p = port.at(0);
    address(A, 80);
    const bytes = memory.data(64, 16);
    store<u32>(bytes, Op.bind); store<u32>(bytes, fd, 4); store<u64>(bytes, 0, 8); store<u32>(bytes, 16, 16);
    memory.copy(bytes + REQUEST, ARG, 16);
    for (let i: u32 = 0; i < REQUEST + 16; i++) {
      expect(reply(0)).toBe(WAITS);
      store<u8>(p.inAt + p.inLen, load<u8>(bytes + i));
      p.inLen++;
      port.mark(p); run();
    }
    expect(reply(0)).toBe(0);
  });
  test("data_that_a_call_does_not_use_is_skipped", () => {
    for (let n: u32 = 0; n < 3000; n += 777) expect(call(Op.socket, 2, 1, 0, n) >= 3).toBeTruthy();
  });
  test("descriptors_are_the_processs_on_all_of_its_connections_and_end_with_the_last", () => {
    const fd = stream();
    join(1, 100); join(2, 200);
    expect(callOn(1, Op.fcntl, fd, 3, 0, 0)).toBe(2);
    expect(callOn(2, Op.fcntl, fd, 3, 0, 0)).toBe(-1); expect(errno).toBe(Errno.EBADF);
    expect(callOn(2, Op.socket, 2, 1, 0, 0)).toBe(3, "the lowest free one of each");
    leave(0);
    expect(callOn(1, Op.fcntl, fd, 3, 0, 0)).toBe(2);
    leave(1);
    expect(socket.available()).toBe(SOCKETS - 1);
    leave(2);
    expect(socket.available()).toBe(SOCKETS);
  });
  test("the_descriptors_of_a_program_are_bounded", () => {
    let fd = stream(), n: u32 = 0;
    for (; fd >= 0; n++) fd = stream();
    expect(errno).toBe(Errno.EMFILE); expect(n <= FDS).toBeTruthy();
  });
  test("a_call_that_waits_ends_when_another_closes_its_descriptor", () => {
    const l = stream();
    bindTo(l, A, 80); call(Op.listen, l, 1, 0, 0);
    join(1, 100);
    expect(callOn(1, Op.accept, l, 0, 0, 0)).toBe(WAITS);
    expect(call(Op.close, l, 0, 0, 0)).toBe(0);
    expect(reply(1)).toBe(-1); expect(errno).toBe(Errno.EBADF);
  });
});
