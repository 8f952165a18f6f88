// The kernel's own TCP as a server: echo at port 7, discard at 9, a stream without end at 5010, in one thread. Its congestion control is cubic.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ECHO = 7, DISCARD = 9, SOURCE = 5010, BLOCK = 1 << 18, FDS = 4096, LISTENER = 1 << 16 };

static char block[BLOCK];
static int kind[FDS]; // of a descriptor: its port, and LISTENER

static void fail(const char *what) { perror(what); exit(1); }

static void watch(int poll, int fd, int what) {
  struct epoll_event e = { .events = what == SOURCE ? EPOLLOUT : EPOLLIN, .data.fd = fd };
  if (fd >= FDS) { close(fd); return; }
  kind[fd] = what;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e)) fail("epoll_ctl");
}

static int offer(int port) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5)) fail("cubic");
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1024)) fail("listen");
  return s;
}

/** One step of a connection; false where it has ended. */
static int serve(int fd) {
  if (kind[fd] == SOURCE) return send(fd, block, BLOCK, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
  ssize_t n = recv(fd, block, BLOCK, MSG_DONTWAIT);
  return n > 0 && (kind[fd] == DISCARD || send(fd, block, n, MSG_NOSIGNAL) == n);
}

int main(void) {
  int poll = epoll_create1(0), ports[] = { ECHO, DISCARD, SOURCE };
  for (int i = 0; i < 3; i++) watch(poll, offer(ports[i]), ports[i] | LISTENER);
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct epoll_event e[64];
    int n = epoll_wait(poll, e, 64, -1);
    for (int i = 0; i < n; i++) {
      int fd = e[i].data.fd;
      if (!(kind[fd] & LISTENER)) { if (!serve(fd)) close(fd); continue; }
      for (int s; (s = accept4(fd, 0, 0, 0)) >= 0;) watch(poll, s, kind[fd] & ~LISTENER);
    }
  }
}
