import { A, CPORT, F, K, PEER, R, S, expectSeg, mssOpt, seg, take } from "../tcp/bed";
import { ARG, GOT, WAITS, bindTo, call, end, errno, gotLen, later, ready, recv, reply, run, send, set, start, stream } from "./bed";
import { Op } from "../../assembly/sockets/call";
import { Errno, How, Poll, SOL_SOCKET, So } from "../../assembly/sockets/linux";

function listening(): i32 { const l = stream(); bindTo(l, A, 80); call(Op.listen, l, 4, 0, 0); return l; }
function client(): void { mssOpt(1000); seg(S, 0, 0, 60000, 0); expectSeg(S | K, 0, 1, 0); seg(K, 1, 1, 60000, 0); run(); }
const ALL: u32 = Poll.in_ | Poll.out | Poll.pri | Poll.rdHup;

describe("sockets: poll", () => {
  beforeEach(start);
  afterEach(end);

  test("a_connection_is_ready_for_what_it_can_do_now", () => {
    const l = listening();
    expect(ready(l, ALL)).toBe(0);
    client();
    expect(ready(l, ALL)).toBe(<u32>Poll.in_);
    const fd = call(Op.accept, l, 0, 0, 0);
    expect(ready(l, ALL)).toBe(0);
    expect(ready(fd, ALL)).toBe(<u32>Poll.out);
    seg(K, 1, 1, 60000, 10); run(); while (take()) {}
    expect(ready(fd, ALL)).toBe(Poll.out | Poll.in_);
    expect(ready(fd, Poll.in_)).toBe(<u32>Poll.in_, "only what was asked");
    recv(fd, 10, 0);
    seg(K | F, 11, 1, 60000, 0); run(); while (take()) {}
    expect(ready(fd, ALL)).toBe(Poll.out | Poll.in_ | Poll.rdHup);
    call(Op.shutdown, fd, How.wr, 0, 0);
    while (take()) {}
    expect(ready(fd, ALL) & Poll.hup).toBe(Poll.hup);
  });
  test("a_full_send_buffer_is_not_ready_until_a_third_of_it_is_free", () => {
    const l = listening();
    client();
    const fd = call(Op.accept, l, 0, 0, 0);
    set(fd, SOL_SOCKET, So.sndBuf, 6000);
    send(fd, 6000, 0x40);
    while (take()) {}
    expect(ready(fd, Poll.out)).toBe(0);
    seg(K, 1, 1001, 60000, 0); run();
    expect(ready(fd, Poll.out)).toBe(0);
    seg(K, 1, 2001, 60000, 0); run();
    expect(ready(fd, Poll.out)).toBe(<u32>Poll.out);
    while (take()) {}
    seg(K, 1, 6001, 60000, 0); run();
  });
  test("an_error_is_told_whatever_was_asked", () => {
    const l = listening();
    client();
    const fd = call(Op.accept, l, 0, 0, 0);
    seg(R, 1, 0, 0, 0); run();
    expect(ready(fd, 0)).toBe(Poll.err | Poll.hup);
  });
  test("a_poll_waits_for_its_time_or_for_what_happens", () => {
    const l = listening();
    store<i32>(ARG, l); store<u32>(ARG, Poll.in_, 4);
    expect(call(Op.poll, 1, 500, 0, 8)).toBe(WAITS);
    later(499); expect(reply(0)).toBe(WAITS);
    later(2); expect(reply(0)).toBe(0);
    store<i32>(ARG, l); store<u32>(ARG, Poll.in_, 4);
    expect(call(Op.poll, 1, 0xffffffff, 0, 8)).toBe(WAITS);
    client();
    expect(reply(0)).toBe(1);
    expect(load<u16>(GOT, 6)).toBe(<u16>Poll.in_);
  });
  test("descriptors_that_are_none_are_said_so_and_negative_ones_passed_over", () => {
    store<i32>(ARG, 9); store<u32>(ARG, Poll.in_, 4); store<i32>(ARG, -1, 8); store<u32>(ARG, Poll.in_, 12);
    expect(call(Op.poll, 2, 0, 0, 16)).toBe(1);
    expect(load<u16>(GOT, 6)).toBe(<u16>Poll.nval); expect(load<u16>(GOT, 14)).toBe(0);
    expect(call(Op.poll, 99, 0, 0, 8)).toBe(-1); expect(errno).toBe(Errno.EINVAL);
  });
});
