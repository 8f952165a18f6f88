// lwIP as a server, for comparison: echo at port 7, discard at 9, a stream without end at 5010, on a raw socket of its own, read by recvmmsg.
//
//   lwip-server INTERFACE MAC ADDRESS

#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#undef htons
#undef htonl
#undef ntohs
#undef ntohl
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

enum { BATCH = 64, FRAME = 1536, PARTS = 16, QUEUE = 8 << 20, BLOCK = 32 * TCP_MSS };

static int fd;
static struct netif eth;
static unsigned char frames[BATCH][FRAME], mac[6];
static const char block[BLOCK];

static void fail(const char *what) { perror(what); exit(1); }

u32_t sys_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static err_t output(struct netif *n, struct pbuf *p) {
  struct iovec v[PARTS];
  int k = 0;
  (void)n;
  for (; p && k < PARTS; p = p->next) v[k++] = (struct iovec){ p->payload, p->len };
  struct msghdr m = { .msg_iov = v, .msg_iovlen = k };
  return p == NULL && sendmsg(fd, &m, MSG_DONTWAIT) > 0 ? ERR_OK : ERR_MEM;
}

static err_t attach(struct netif *n) {
  n->name[0] = 'e'; n->name[1] = '0';
  n->mtu = 1500; n->hwaddr_len = 6;
  memcpy(n->hwaddr, mac, 6);
  n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  n->output = etharp_output;
  n->linkoutput = output;
  return ERR_OK;
}

/** A received chain is the connection's until it is freed; NULL is the client's FIN. */
static err_t echoed(void *arg, struct tcp_pcb *c, struct pbuf *p, err_t e) {
  (void)arg; (void)e;
  if (!p) return tcp_close(c);
  for (struct pbuf *q = p; q; q = q->next) if (tcp_write(c, q->payload, q->len, TCP_WRITE_FLAG_COPY) != ERR_OK) return ERR_MEM; // comes again
  tcp_recved(c, p->tot_len);
  tcp_output(c);
  pbuf_free(p);
  return ERR_OK;
}

static err_t discarded(void *arg, struct tcp_pcb *c, struct pbuf *p, err_t e) {
  (void)arg; (void)e;
  if (!p) return tcp_close(c);
  tcp_recved(c, p->tot_len);
  pbuf_free(p);
  return ERR_OK;
}

static err_t pour(void *arg, struct tcp_pcb *c, u16_t n) {
  (void)arg; (void)n;
  while (tcp_sndbuf(c) >= BLOCK && tcp_write(c, block, BLOCK, 0) == ERR_OK) {}
  tcp_output(c);
  return ERR_OK;
}

static err_t acceptEcho(void *arg, struct tcp_pcb *c, err_t e) { (void)arg; (void)e; tcp_nagle_disable(c); tcp_recv(c, echoed); return ERR_OK; }
static err_t acceptDiscard(void *arg, struct tcp_pcb *c, err_t e) { (void)arg; (void)e; tcp_recv(c, discarded); return ERR_OK; }
static err_t acceptSource(void *arg, struct tcp_pcb *c, err_t e) { (void)arg; (void)e; tcp_recv(c, discarded); tcp_sent(c, pour); return pour(0, c, 0); }

static void offer(u16_t port, tcp_accept_fn accept) {
  struct tcp_pcb *l = tcp_new();
  if (tcp_bind(l, IP_ADDR_ANY, port) != ERR_OK || !(l = tcp_listen(l))) fail("listen");
  tcp_accept(l, accept);
}

static void openSocket(const char *name) {
  struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = PP_HTONS(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name) };
  int one = 1, queue = QUEUE;
  if (a.sll_ifindex == 0) fail(name);
  fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one)) fail("raw socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue);
  if (bind(fd, (struct sockaddr *)&a, sizeof a)) fail("bind");
}

static int receive(void) {
  static struct iovec v[BATCH];
  static struct mmsghdr m[BATCH];
  for (int i = 0; i < BATCH; i++) { v[i] = (struct iovec){ frames[i], FRAME }; m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 }; }
  int n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < n; i++) {
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)m[i].msg_len, PBUF_POOL);
    if (!p) continue;
    pbuf_take(p, frames[i], (u16_t)m[i].msg_len);
    if (eth.input(p, &eth) != ERR_OK) pbuf_free(p);
  }
  return n;
}

int main(int argc, char **argv) {
  ip4_addr_t address, mask, none = { 0 };
  if (argc != 4 || sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6 || !ip4addr_aton(argv[3], &address)) {
    fprintf(stderr, "lwip-server: INTERFACE MAC ADDRESS\n");
    return 2;
  }
  openSocket(argv[1]);
  lwip_init();
  IP4_ADDR(&mask, 255, 255, 255, 0);
  if (!netif_add(&eth, &address, &mask, &none, NULL, attach, netif_input)) fail("netif_add");
  netif_set_default(&eth);
  netif_set_up(&eth);
  offer(7, acceptEcho); offer(9, acceptDiscard); offer(5010, acceptSource);
  puts("ready");
  fflush(stdout);
  for (;;) {
    sys_check_timeouts();
    if (receive() > 0) continue;
    struct pollfd p = { fd, POLLIN, 0 };
    u32_t ms = sys_timeouts_sleeptime();
    poll(&p, 1, ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? 1000 : (int)ms);
  }
}
