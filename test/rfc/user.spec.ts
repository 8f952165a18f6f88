// RFC 9293, appendix B: the user's interface, as programs have it (docs/sockets.md). A test's name begins with what it shows.

import { A, B, BUF, CPORT, F, IRS, K, PEER, R, S, build, expectNone, expectSeg, iss, mssOpt, out, outLen, outOpt, seg, segFrom, take } from "../tcp/bed";
import { GOT, WAITS, address, bindTo, call, connect, end, errno, get, later, ready, recv, reply, run, send, set, start, stream } from "../sockets/bed";
import { FAR, blank } from "../net/bed";
import { ETH } from "../../assembly/wire/eth";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Op } from "../../assembly/sockets/call";
import { Errno, Ip, Msg, Poll, SIOCATMARK, SOL_IP, SOL_SOCKET, SOL_TCP, So, Tcp as Opt } from "../../assembly/sockets/linux";
import { get16, get32, put16, put32 } from "../../assembly/core/bytes";
import { Bit } from "../../assembly/wire/tcp";
import { State } from "../../assembly/tcp/conn";
import * as checksum from "../../assembly/core/checksum";
import * as frame from "../../assembly/core/frame";
import * as tcp from "../../assembly/tcp/tcp";

const PORT: u32 = 80, U: u32 = Bit.urg;
const NONBLOCK: u32 = 0x800;

function ttl(): u32 { return changetype<Ip4>(changetype<usize>(out()) - IP).ttl; }
function tos(): u32 { return changetype<Ip4>(changetype<usize>(out()) - IP).tos; }

/** A listening socket on port 80. */
function listening(): i32 {
  const fd = stream();
  expect(bindTo(fd, A, PORT)).toBe(0);
  expect(call(Op.listen, fd, 8, 0, 0)).toBe(0);
  return fd;
}

/** A client's connection, accepted. */
function accepted(l: i32): i32 {
  mssOpt(1000);
  seg(S, 0, 0, 60000, 0);
  expectSeg(S | K, 0, 1, 0);
  seg(K, 1, 1, 60000, 0);
  run();
  const fd = call(Op.accept, l, 0, 0, 0);
  expect(fd >= 0).toBeTruthy();
  return fd;
}

/** A program's attempt to connect from port 80, bound before; not blocking. */
function connecting(): i32 {
  const fd = stream();
  expect(bindTo(fd, A, PORT)).toBe(0);
  expect(call(Op.fcntl, fd, 4, NONBLOCK, 0)).toBe(0);
  expect(connect(fd, PEER, CPORT)).toBe(-1);
  expect(errno).toBe(Errno.EINPROGRESS);
  expectSeg(S, 0, 0, 0);
  return fd;
}

/** An ICMP error that quotes our segment at sequence number `seq`. */
function icmp(type: u32, code: u32, seq: u32): void {
  const p = blank() + ETH;
  changetype<Ip4>(p).write(56, PEER, A, 1, 64, 0, 0, 0);
  store<u8>(p, <u8>type, 20); store<u8>(p, <u8>code, 21);
  put32(p + 24, 0);
  changetype<Ip4>(p + 28).write(1040, A, PEER, 6, 64, 0, 0, 0);
  put16(p + 48, PORT); put16(p + 50, CPORT); put32(p + 52, iss + seq);
  tcp.icmp(p, 56);
  frame.free(p);
  run();
}

function urgentSegment(seq: u32, n: u32, pointer: u32): void {
  const p = build(PEER, CPORT, K | U, IRS + seq, iss + 1, 60000, n, seq - 1), size = changetype<Ip4>(p).length - IP;
  put16(p + IP + 18, pointer);
  store<u16>(p + IP, 0, 16);
  store<u16>(p + IP, <u16>checksum.finish(checksum.add(p + IP, size, checksum.pseudo(PEER, A, 6, size))), 16);
  tcp.input(p, changetype<Ip4>(p).length);
  run();
}

describe("rfc 9293: the user's interface", () => {
  beforeEach(start);
  afterEach(end);

  test("must_12_a_program_hears_an_end_and_an_abort_apart", () => {
    const l = listening(), fd = accepted(l);
    seg(K | F, 1, 1, 60000, 0); run();
    while (take()) {}
    expect(recv(fd, 10, 0)).toBe(0);
    seg(R, 2, 0, 0, 0); run();
    expect(send(fd, 5, 0)).toBe(-1);
    expect(errno == Errno.EPIPE || errno == Errno.ECONNRESET).toBeTruthy();
  });
  test("must_12_an_abort_while_data_are_expected_is_an_error", () => {
    const fd = accepted(listening());
    seg(R, 1, 0, 0, 0); run();
    expect(recv(fd, 10, 0)).toBe(-1);
    expect(errno).toBe(Errno.ECONNRESET);
  });
  test("shld_3_a_close_with_unread_data_resets", () => {
    const fd = accepted(listening());
    seg(K, 1, 1, 60000, 50); run();
    while (take()) {}
    expect(call(Op.close, fd, 0, 0, 0)).toBe(0);
    expectSeg(R | K, 1, 51, 0);
  });
  test("must_17_tcp_nodelay_turns_nagle_off", () => {
    const fd = accepted(listening());
    send(fd, 10, 0); expectSeg(K, 1, 1, 10);
    send(fd, 10, 0); expectNone();
    expect(set(fd, SOL_TCP, Opt.noDelay, 1)).toBe(0);
    expect(take()).not.toBe(0);
    send(fd, 10, 0);
    expect(take()).not.toBe(0);
    expect(outLen()).toBe(10);
  });
  test("must_21_tcp_user_timeout_sets_r2", () => {
    const fd = accepted(listening());
    expect(set(fd, SOL_TCP, Opt.userTimeout, 4000)).toBe(0);
    send(fd, 10, 0);
    later(20000);
    while (take()) {}
    expect(recv(fd, 10, 0)).toBe(-1);
    expect(errno).toBe(Errno.ETIMEDOUT);
  });
  test("must_24_must_25_must_27_must_28_so_keepalive_is_off_and_its_two_hours_can_be_changed", () => {
    const fd = accepted(listening());
    expect(get(fd, SOL_SOCKET, So.keepAlive)).toBe(0);
    expect(get(fd, SOL_TCP, Opt.keepIdle)).toBe(7200);
    set(fd, SOL_TCP, Opt.keepIdle, 10);
    later(11000); expectNone();
    set(fd, SOL_SOCKET, So.keepAlive, 1);
    later(11000); expectSeg(K, 0, 1, 0);
    set(fd, SOL_SOCKET, So.keepAlive, 0);
    seg(K, 1, 1, 60000, 0);
    later(30000); expectNone();
  });
  test("must_31_must_32_must_33_urgent_data_wake_a_program_which_learns_where_they_end", () => {
    const fd = accepted(listening());
    seg(K, 1, 1, 60000, 10); run();
    expect(ready(fd, Poll.pri)).toBe(0);
    urgentSegment(11, 20, 5);             // bytes up to 14 are urgent, 15 is the first that is not
    while (take()) {}
    expect(ready(fd, Poll.pri)).toBe(<u32>Poll.pri);
    expect(recv(fd, 100, 0)).toBe(14);    // reading halts before the last urgent byte
    expect(call(Op.ioctl, fd, SIOCATMARK, 0, 0)).toBe(0);
    expect(load<u32>(GOT)).toBe(1);
    expect(recv(fd, 100, 0)).toBe(16);
    expect(ready(fd, Poll.pri)).toBe(0);
    call(Op.ioctl, fd, SIOCATMARK, 0, 0);
    expect(load<u32>(GOT)).toBe(0);
    expect(get(fd, SOL_SOCKET, So.oobInline)).toBe(1);
    expect(recv(fd, 1, Msg.oob)).toBe(-1);
    while (take()) {}
  });
  test("must_30_msg_oob_sends_urgent_data", () => {
    const fd = accepted(listening());
    expect(send(fd, 7, Msg.oob)).toBe(7);
    expectSeg(K | U, 1, 1, 7);
    expect(out().urgent).toBe(7);
  });
  test("must_43_must_45_a_program_chooses_its_local_address", () => {
    const fd = stream();
    expect(bindTo(fd, B, 5000)).toBe(0);
    call(Op.fcntl, fd, 4, NONBLOCK, 0);
    connect(fd, PEER, CPORT);
    expect(take()).not.toBe(0);
    expect(changetype<Ip4>(changetype<usize>(out()) - IP).src).toBe(B);
    later(1001);
    expect(take()).not.toBe(0);
    expect(changetype<Ip4>(changetype<usize>(out()) - IP).src).toBe(B, "and keeps it");
  });
  test("must_44_without_one_the_route_names_it", () => {
    const fd = stream();
    call(Op.fcntl, fd, 4, NONBLOCK, 0);
    connect(fd, PEER, CPORT);
    expect(take()).not.toBe(0);
    expect(changetype<Ip4>(changetype<usize>(out()) - IP).src).toBe(A);
  });
  test("must_46_a_connect_to_an_address_that_is_no_hosts_is_refused", () => {
    const fd = stream(), bad: u32[] = [0, 0x00000001, 0x7f000001, 0xe0000001, 0xffffffff, 0x0a0000ff];
    for (let i = 0; i < bad.length; i++) { expect(connect(fd, bad[i], 80)).toBe(-1); expect(errno).toBe(Errno.ENETUNREACH, i.toString()); }
    expectNone();
  });
  test("must_47_shld_25_soft_errors_are_reported_at_once_to_who_asked_for_them", () => {
    const fd = accepted(listening());
    expect(set(fd, SOL_IP, Ip.recvErr, 1)).toBe(0);
    send(fd, 100, 0);
    expectSeg(K, 1, 1, 100);
    icmp(3, 1, 1);
    expect(ready(fd, 0)).toBe(<u32>Poll.err);
    expect(get(fd, SOL_SOCKET, So.error)).toBe(Errno.EHOSTUNREACH);
    expect(ready(fd, 0)).toBe(0);         // told once; the connection goes on
    seg(K, 1, 101, 60000, 20); run();
    expect(recv(fd, 100, 0)).toBe(20);
    while (take()) {}
  });
  test("must_47_a_call_that_waits_is_woken_by_a_soft_error", () => {
    const fd = accepted(listening());
    set(fd, SOL_IP, Ip.recvErr, 1);
    send(fd, 100, 0);
    expectSeg(K, 1, 1, 100);
    expect(recv(fd, 100, 0)).toBe(WAITS);
    icmp(11, 0, 1);
    expect(reply(0)).toBe(-1);
    expect(errno).toBe(Errno.EHOSTUNREACH);
  });
  test("shld_9_retransmissions_beyond_r1_are_reported_likewise", () => {
    const fd = accepted(listening());
    set(fd, SOL_IP, Ip.recvErr, 1);
    send(fd, 100, 0);
    later(1000);
    expect(get(fd, SOL_SOCKET, So.error)).toBe(0);
    later(1000);
    expect(get(fd, SOL_SOCKET, So.error)).toBe(Errno.ETIMEDOUT);
    while (take()) {}
  });
  test("shld_20_who_did_not_ask_hears_of_a_soft_error_only_when_the_connection_is_given_up", () => {
    const fd = accepted(listening());
    set(fd, SOL_TCP, Opt.userTimeout, 4000);
    send(fd, 100, 0);
    expectSeg(K, 1, 1, 100);
    icmp(3, 0, 1);
    expect(ready(fd, 0)).toBe(0);
    expect(get(fd, SOL_SOCKET, So.error)).toBe(0);
    later(200);
    icmp(3, 0, 1);
    later(500);
    while (take()) {}
    set(fd, SOL_TCP, Opt.userTimeout, 500);
    later(900);
    while (take()) {}
    expect(recv(fd, 10, 0)).toBe(-1);
    expect(errno).toBe(Errno.ENETUNREACH);
  });
  test("must_48_must_49_shld_21_shld_22_ip_tos_and_ip_ttl_go_unchanged_into_what_is_sent", () => {
    const l = listening();
    expect(set(l, SOL_IP, Ip.tos, 0xb8)).toBe(0);
    expect(set(l, SOL_IP, Ip.ttl, 17)).toBe(0);
    const fd = accepted(l);               // an accepted socket has its listener's
    expect(ttl()).toBe(17); expect(tos()).toBe(0xb8);
    send(fd, 5, 0); expectSeg(K, 1, 1, 5);
    expect(ttl()).toBe(17); expect(tos()).toBe(0xb8);
    seg(K, 1, 6, 60000, 0);
    expect(set(fd, SOL_IP, Ip.tos, 0x28)).toBe(0);
    expect(set(fd, SOL_IP, Ip.ttl, 255)).toBe(0);
    send(fd, 5, 0); expect(take()).not.toBe(0);
    expect(ttl()).toBe(255); expect(tos()).toBe(0x28);
    expect(get(fd, SOL_IP, Ip.tos)).toBe(0x28);
    expect(set(fd, SOL_IP, Ip.ttl, 0)).toBe(-1);
    expect(set(fd, SOL_IP, Ip.ttl, 256)).toBe(-1);
    expect(errno).toBe(Errno.EINVAL);
    expect(set(fd, SOL_IP, Ip.ttl, 0xffffffff)).toBe(0);
    expect(get(fd, SOL_IP, Ip.ttl)).toBe(64);
    set(fd, SOL_IP, Ip.tos, 0x2b);
    expect(get(fd, SOL_IP, Ip.tos)).toBe(0x28, "the lower two bits are not the program's");
  });
  test("must_48_an_active_opens_syn_has_them_too", () => {
    const fd = stream();
    bindTo(fd, A, PORT);
    set(fd, SOL_IP, Ip.tos, 0x10); set(fd, SOL_IP, Ip.ttl, 9);
    call(Op.fcntl, fd, 4, NONBLOCK, 0);
    connect(fd, PEER, CPORT);
    expectSeg(S, 0, 0, 0);
    expect(ttl()).toBe(9); expect(tos()).toBe(0x10);
  });
  test("must_22_must_23_a_connect_that_nobody_answers_fails_after_3_minutes", () => {
    const fd = connecting();
    later(179000);
    expect(get(fd, SOL_SOCKET, So.error)).toBe(0);
    later(10000);
    expect(get(fd, SOL_SOCKET, So.error)).toBe(Errno.ETIMEDOUT);
  });
  test("must_42_a_program_listens_on_the_port_from_which_another_connects", () => {
    const fd = connecting(), l = stream();
    expect(set(l, SOL_SOCKET, So.reuseAddr, 1)).toBe(0);
    expect(set(fd, SOL_SOCKET, So.reuseAddr, 1)).toBe(0);
    expect(bindTo(l, A, PORT)).toBe(0);
    expect(call(Op.listen, l, 4, 0, 0)).toBe(0);
    seg(S | K, 0, 1, 5000, 0); run();
    expectSeg(K, 1, 1, 0);
    expect(get(fd, SOL_SOCKET, So.error)).toBe(0);
  });
});
