import { A, B, CPORT, K, PEER, R, S, expectNone, expectSeg, mssOpt, out, seg, segFrom, take } from "../tcp/bed";
import { ARG, GOT, WAITS, address, bindTo, call, connect, end, errno, get, later, reply, run, start, stream } from "./bed";
import { Op } from "../../assembly/sockets/call";
import { Errno, SOL_SOCKET, So } from "../../assembly/sockets/linux";
import { SOCKETS } from "../../assembly/core/sizes";
import { get16, get32 } from "../../assembly/core/bytes";
import * as socket from "../../assembly/sockets/socket";

const NONBLOCK: u32 = 0x800;

describe("sockets: open", () => {
  beforeEach(start);
  afterEach(end);

  test("families_types_and_protocols_that_are_not_there_are_refused", () => {
    const rows: u32[] = [10, 1, 0, Errno.EAFNOSUPPORT, 2, 2, 0, Errno.ESOCKTNOSUPPORT, 2, 1, 17, Errno.EPROTONOSUPPORT];
    for (let i = 0; i < rows.length; i += 4) { expect(call(Op.socket, rows[i], rows[i + 1], rows[i + 2], 0)).toBe(-1); expect(errno).toBe(<i32>rows[i + 3]); }
    expect(socket.available()).toBe(SOCKETS);
  });
  test("an_address_is_bound_once_and_only_where_it_is_ours_and_free", () => {
    const a = stream(), b = stream();
    expect(bindTo(a, 0x08080808, 80)).toBe(-1); expect(errno).toBe(Errno.EADDRNOTAVAIL);
    expect(bindTo(a, A, 80)).toBe(0);
    expect(bindTo(a, A, 81)).toBe(-1); expect(errno).toBe(Errno.EINVAL);
    expect(bindTo(b, A, 80)).toBe(-1); expect(errno).toBe(Errno.EADDRINUSE);
    expect(bindTo(b, B, 80)).toBe(0);
  });
  test("port_0_binds_to_a_free_one_which_getsockname_tells", () => {
    const a = stream();
    expect(bindTo(a, A, 0)).toBe(0);
    expect(call(Op.getsockname, a, 0, 0, 0)).toBe(0);
    expect(get16(GOT + 2) >= 49152).toBeTruthy(); expect(get32(GOT + 4)).toBe(A);
  });
  test("accept_waits_for_a_client_and_tells_its_address", () => {
    const l = stream();
    bindTo(l, A, 80);
    expect(call(Op.listen, l, 4, 0, 0)).toBe(0);
    expect(call(Op.accept, l, 0, 0, 0)).toBe(WAITS);
    mssOpt(1000); seg(S, 0, 0, 60000, 0); expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 60000, 0); run();
    const fd = reply(0);
    expect(fd > l).toBeTruthy();
    expect(get16(GOT + 2)).toBe(CPORT); expect(get32(GOT + 4)).toBe(PEER);
    expect(call(Op.getpeername, fd, 0, 0, 0)).toBe(0); expect(get32(GOT + 4)).toBe(PEER);
  });
  test("a_listener_that_closes_resets_who_waits_to_be_accepted", () => {
    const l = stream();
    bindTo(l, A, 80); call(Op.listen, l, 4, 0, 0);
    seg(S, 0, 0, 60000, 0); expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 60000, 0); run();
    expect(call(Op.close, l, 0, 0, 0)).toBe(0);
    expectSeg(R | K, 1, 1, 0);
  });
  test("connect_waits_for_the_handshake_and_a_refusal_is_its_error", () => {
    const a = stream();
    bindTo(a, A, 80);
    expect(connect(a, PEER, CPORT)).toBe(WAITS);
    expectSeg(S, 0, 0, 0);
    seg(R | K, 0, 1, 0, 0); run();
    expect(reply(0)).toBe(-1); expect(errno).toBe(Errno.ECONNREFUSED);
    expect(connect(a, PEER, CPORT)).toBe(WAITS);   // the socket may try again
    expectSeg(S, 0, 0, 0);
    seg(S | K, 0, 1, 5000, 0); run();
    expect(reply(0)).toBe(0);
    while (take()) {}
  });
  test("a_connect_under_way_and_one_that_stands_have_their_errors", () => {
    const a = stream();
    bindTo(a, A, 80);
    call(Op.fcntl, a, 4, NONBLOCK, 0);
    expect(connect(a, PEER, CPORT)).toBe(-1); expect(errno).toBe(Errno.EINPROGRESS);
    expectSeg(S, 0, 0, 0);
    expect(connect(a, PEER, CPORT)).toBe(-1); expect(errno).toBe(Errno.EALREADY);
    seg(S | K, 0, 1, 5000, 0); run();
    expect(connect(a, PEER, CPORT)).toBe(0);
    expect(connect(a, PEER, CPORT)).toBe(-1); expect(errno).toBe(Errno.EISCONN);
    while (take()) {}
  });
});
