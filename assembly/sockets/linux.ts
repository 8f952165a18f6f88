// Linux's numbers, as its programs write them: addresses, types, options, flags, errors (x86 and arm alike).

export const AF_INET: u32 = 2;
export const SOCK_STREAM: u32 = 1;
export const SOCK_NONBLOCK: u32 = 0x800;
export const SOCK_CLOEXEC: u32 = 0x80000;
export const IPPROTO_TCP: u32 = 6;
/** Bytes of a sockaddr_in: u16 family, u16 port and u32 address in network order, eight zeros. */
export const SOCKADDR: u32 = 16;

export const enum Errno {
  ENOENT = 2,
  EINTR = 4, EBADF = 9, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EINVAL = 22, ENFILE = 23, EMFILE = 24, EPIPE = 32, ENOSYS = 38, EPROTO = 71, EMSGSIZE = 90, ENOPROTOOPT = 92,
  EPROTONOSUPPORT = 93, ESOCKTNOSUPPORT = 94, EOPNOTSUPP = 95, EAFNOSUPPORT = 97, EADDRINUSE = 98, EADDRNOTAVAIL = 99, ENETUNREACH = 101,
  ECONNABORTED = 103, ECONNRESET = 104, ENOBUFS = 105, EISCONN = 106, ENOTCONN = 107, EDESTADDRREQ = 89, ETIMEDOUT = 110, ECONNREFUSED = 111,
  EHOSTUNREACH = 113, EALREADY = 114, EINPROGRESS = 115,
}

export const enum Msg { oob = 1, peek = 2, dontWait = 0x40, waitAll = 0x100, more = 0x8000 }

export const enum How { rd = 0, wr = 1, rdwr = 2 }

export const enum Fcntl { getFd = 1, setFd = 2, getFl = 3, setFl = 4 }
export const O_RDWR: u32 = 2;
export const O_NONBLOCK: u32 = 0x800;

export const FIONREAD: u32 = 0x541b;
export const SIOCOUTQ: u32 = 0x5411;
export const SIOCATMARK: u32 = 0x8905;

export const enum Poll { in_ = 1, pri = 2, out = 4, err = 8, hup = 0x10, nval = 0x20, rdNorm = 0x40, wrNorm = 0x100, rdHup = 0x2000 }

export const SOL_IP: u32 = 0;
export const SOL_SOCKET: u32 = 1;
export const SOL_TCP: u32 = 6;
export const enum So {
  reuseAddr = 2, type = 3, error = 4, sndBuf = 7, rcvBuf = 8, keepAlive = 9, oobInline = 10, linger = 13, acceptConn = 30, protocol = 38, domain = 39,
}
export const enum Ip { tos = 1, ttl = 2, recvErr = 11 }
export const enum Tcp {
  noDelay = 1, maxSeg = 2, cork = 3, keepIdle = 4, keepIntvl = 5, keepCnt = 6, info = 11, congestion = 13, userTimeout = 18,
}
