import { A, BUF, CPORT, F, K, PEER, R, S, expectNone, expectSeg, mssOpt, out, outLen, seg, take } from "../tcp/bed";
import { ARG, GOT, WAITS, bindTo, call, end, errno, get, gotLen, later, recv, reply, run, send, set, start, stream } from "./bed";
import { Op } from "../../assembly/sockets/call";
import { Errno, FIONREAD, How, Msg, SIOCOUTQ, SOL_SOCKET, SOL_TCP, So, Tcp as Opt } from "../../assembly/sockets/linux";

const NONBLOCK: u32 = 0x800;

/** An accepted connection. */
function accepted(): i32 {
  const l = stream();
  bindTo(l, A, 80); call(Op.listen, l, 4, 0, 0);
  mssOpt(1000); seg(S, 0, 0, 60000, 0); expectSeg(S | K, 0, 1, 0);
  seg(K, 1, 1, 60000, 0); run();
  return call(Op.accept, l, 0, 0, 0);
}
function data(seq: u32, n: u32): void { seg(K, seq, 1, 60000, n); run(); while (take()) {} }

describe("sockets: transfer", () => {
  beforeEach(start);
  afterEach(end);

  test("read_waits_for_bytes_and_gives_what_there_is", () => {
    const fd = accepted();
    expect(recv(fd, 100, 0)).toBe(WAITS);
    data(1, 30);
    expect(reply(0)).toBe(30);
    expect(memory.compare(GOT, BUF, 30)).toBe(0);
    expect(recv(fd, 100, Msg.dontWait)).toBe(-1); expect(errno).toBe(Errno.EAGAIN);
  });
  test("peek_leaves_and_wait_all_waits", () => {
    const fd = accepted();
    data(1, 30);
    expect(recv(fd, 10, Msg.peek)).toBe(10);
    expect(recv(fd, 50, Msg.waitAll)).toBe(WAITS);
    data(31, 30);
    expect(reply(0)).toBe(50);
    call(Op.ioctl, fd, FIONREAD, 0, 0);
    expect(load<u32>(GOT)).toBe(10);
    recv(fd, 10, 0);
  });
  test("the_end_is_0_and_what_came_before_it_is_read_first", () => {
    const fd = accepted();
    seg(K | F, 1, 1, 60000, 20); run(); while (take()) {}
    expect(recv(fd, 100, 0)).toBe(20);
    expect(recv(fd, 100, 0)).toBe(0); expect(recv(fd, 100, 0)).toBe(0);
  });
  test("a_write_waits_for_room_and_a_non_blocking_one_says_what_it_took", () => {
    const fd = accepted();
    set(fd, SOL_SOCKET, So.sndBuf, 4096);
    expect(send(fd, 6000, Msg.dontWait)).toBe(4096);
    expect(send(fd, 10, Msg.dontWait)).toBe(-1); expect(errno).toBe(Errno.EAGAIN);
    call(Op.ioctl, fd, SIOCOUTQ, 0, 0);
    expect(load<u32>(GOT)).toBe(4096);
    expect(send(fd, 100, 0)).toBe(WAITS);
    while (take()) {}
    seg(K, 1, 4097, 60000, 0); run();
    expect(reply(0)).toBe(100);
    while (take()) {}
    seg(K, 1, 4197, 60000, 0); run();
  });
  test("shutdown_ends_one_direction", () => {
    const fd = accepted();
    expect(call(Op.shutdown, fd, How.wr, 0, 0)).toBe(0);
    expectSeg(F | K, 1, 1, 0);
    expect(send(fd, 5, 0)).toBe(-1); expect(errno).toBe(Errno.EPIPE);
    seg(K, 1, 2, 60000, 15); run(); while (take()) {}
    expect(recv(fd, 100, 0)).toBe(15);
    expect(call(Op.shutdown, fd, 3, 0, 0)).toBe(-1); expect(errno).toBe(Errno.EINVAL);
  });
  test("a_close_with_linger_0_resets", () => {
    const fd = accepted();
    expect(lingers(fd, 0)).toBe(0);
    expect(call(Op.close, fd, 0, 0, 0)).toBe(0);
    expectSeg(R | K, 1, 1, 0);
  });
  test("a_closed_connection_goes_on_to_end_properly", () => {
    const fd = accepted();
    send(fd, 10, 0);
    expect(call(Op.close, fd, 0, 0, 0)).toBe(0);
    expectSeg(K, 1, 1, 10); expectSeg(F | K, 11, 1, 0);
    seg(K, 1, 12, 60000, 0); run();
    seg(F | K, 1, 12, 60000, 0); run();
    expectSeg(K, 12, 2, 0);
    expect(recv(fd, 1, 0)).toBe(-1); expect(errno).toBe(Errno.EBADF);
  });
  test("a_cork_holds_a_short_segment_for_200_ms", () => {
    const fd = accepted();
    set(fd, SOL_TCP, Opt.cork, 1);
    send(fd, 10, 0); expectNone();
    later(201);
    expectSeg(K, 1, 1, 10);
    seg(K, 1, 11, 60000, 0); run();
    send(fd, 10, 0); expectNone();
    set(fd, SOL_TCP, Opt.cork, 0);
    run();
    expect(take()).not.toBe(0); expect(outLen()).toBe(10);
    seg(K, 1, 21, 60000, 0); run();
  });
});

/** SO_LINGER on, with this time. */
function lingers(fd: i32, seconds: u32): i32 {
  store<u32>(ARG, 1); store<u32>(ARG, seconds, 4);
  return call(Op.setsockopt, fd, SOL_SOCKET, So.linger, 8);
}
