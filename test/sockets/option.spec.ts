import { A, CPORT, K, PEER, S, expectSeg, mssOpt, seg, take } from "../tcp/bed";
import { ARG, GOT, bindTo, call, end, errno, get, gotLen, run, set, start, stream } from "./bed";
import { Op } from "../../assembly/sockets/call";
import { Errno, Ip, SOL_IP, SOL_SOCKET, SOL_TCP, So, Tcp } from "../../assembly/sockets/linux";

describe("sockets: options", () => {
  beforeEach(start);
  afterEach(end);

  test("what_was_set_is_told_within_its_bounds", () => {
    const fd = stream();
    const rows: u32[] = [SOL_SOCKET, So.reuseAddr, 1, 1, SOL_SOCKET, So.keepAlive, 5, 1, SOL_SOCKET, So.rcvBuf, 1, 2048, SOL_SOCKET, So.sndBuf, 5000, 5000, SOL_SOCKET, So.rcvBuf, 1 << 30, 1 << 20,
      SOL_TCP, Tcp.noDelay, 1, 1, SOL_TCP, Tcp.maxSeg, 1000, 1000, SOL_TCP, Tcp.keepIdle, 60, 60, SOL_TCP, Tcp.keepIntvl, 7, 7, SOL_TCP, Tcp.keepCnt, 3, 3, SOL_TCP, Tcp.userTimeout, 9000, 9000,
      SOL_IP, Ip.tos, 0xff, 0xfc, SOL_IP, Ip.ttl, 1, 1, SOL_IP, Ip.recvErr, 9, 1];
    for (let i = 0; i < rows.length; i += 4) { expect(set(fd, rows[i], rows[i + 1], rows[i + 2])).toBe(0, i.toString()); expect(get(fd, rows[i], rows[i + 1])).toBe(<i32>rows[i + 3], i.toString()); }
  });
  test("values_out_of_range_change_nothing", () => {
    const fd = stream();
    const rows: u32[] = [SOL_TCP, Tcp.maxSeg, 87, SOL_TCP, Tcp.maxSeg, 40000, SOL_TCP, Tcp.keepIdle, 0, SOL_TCP, Tcp.keepIdle, 32768, SOL_TCP, Tcp.keepCnt, 128, SOL_TCP, Tcp.userTimeout, 0x80000000, SOL_IP, Ip.ttl, 0, SOL_IP, Ip.ttl, 256, SOL_IP, Ip.tos, 256, SOL_SOCKET, So.oobInline, 0];
    for (let i = 0; i < rows.length; i += 3) {
      const was = get(fd, rows[i], rows[i + 1]);
      expect(set(fd, rows[i], rows[i + 1], rows[i + 2])).toBe(-1, i.toString()); expect(errno).toBe(Errno.EINVAL);
      expect(get(fd, rows[i], rows[i + 1])).toBe(was);
    }
  });
  test("levels_and_names_that_are_not_there_have_their_errors", () => {
    const fd = stream();
    expect(get(fd, 99, 1)).toBe(-1); expect(errno).toBe(Errno.EOPNOTSUPP);
    expect(get(fd, SOL_TCP, 99)).toBe(-1); expect(errno).toBe(Errno.ENOPROTOOPT);
    expect(get(fd, SOL_IP, 99)).toBe(-1); expect(errno).toBe(Errno.ENOPROTOOPT);
    expect(set(fd, 99, 1, 1)).toBe(-1); expect(errno).toBe(Errno.ENOPROTOOPT);
    expect(set(fd, SOL_SOCKET, So.type, 1)).toBe(-1); expect(errno).toBe(Errno.ENOPROTOOPT);
    expect(call(Op.setsockopt, fd, SOL_TCP, Tcp.noDelay, 2)).toBe(-1); expect(errno).toBe(Errno.EINVAL);
    store<u8>(ARG, 33);
    expect(call(Op.setsockopt, fd, SOL_IP, Ip.ttl, 1)).toBe(0, "a byte is enough for IP's");
    expect(get(fd, SOL_IP, Ip.ttl)).toBe(33);
  });
  test("congestion_control_has_a_name", () => {
    const fd = stream();
    store<u32>(ARG, 16); call(Op.getsockopt, fd, SOL_TCP, Tcp.congestion, 4);
    expect(String.UTF8.decodeUnsafe(GOT, 5)).toBe("cubic"); expect(gotLen).toBe(16);
    store<u32>(ARG, 0x6f6e6572);
    expect(call(Op.setsockopt, fd, SOL_TCP, Tcp.congestion, 4)).toBe(0);
    store<u32>(ARG, 16); call(Op.getsockopt, fd, SOL_TCP, Tcp.congestion, 4);
    expect(String.UTF8.decodeUnsafe(GOT, 4)).toBe("reno");
    store<u32>(ARG, 0x20726262);
    expect(call(Op.setsockopt, fd, SOL_TCP, Tcp.congestion, 4)).toBe(-1); expect(errno).toBe(Errno.ENOENT);
  });
  test("an_accepted_socket_has_its_listeners", () => {
    const l = stream();
    bindTo(l, A, 80);
    set(l, SOL_TCP, Tcp.noDelay, 1); set(l, SOL_TCP, Tcp.userTimeout, 7000); set(l, SOL_SOCKET, So.rcvBuf, 8192); set(l, SOL_IP, Ip.recvErr, 1);
    call(Op.listen, l, 4, 0, 0);
    mssOpt(1000); seg(S, 0, 0, 60000, 0); expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 60000, 0); run();
    const fd = call(Op.accept, l, 0, 0, 0);
    expect(get(fd, SOL_TCP, Tcp.noDelay)).toBe(1); expect(get(fd, SOL_TCP, Tcp.userTimeout)).toBe(7000);
    expect(get(fd, SOL_SOCKET, So.rcvBuf)).toBe(8192); expect(get(fd, SOL_IP, Ip.recvErr)).toBe(1);
    expect(get(fd, SOL_TCP, Tcp.maxSeg)).toBe(1000);
  });
  test("fcntl_knows_o_nonblock", () => {
    const fd = stream();
    expect(call(Op.fcntl, fd, 3, 0, 0)).toBe(2);
    expect(call(Op.fcntl, fd, 4, 0x800, 0)).toBe(0);
    expect(call(Op.fcntl, fd, 3, 0, 0)).toBe(0x802);
    expect(call(Op.fcntl, fd, 99, 0, 0)).toBe(-1); expect(errno).toBe(Errno.EINVAL);
  });
});
