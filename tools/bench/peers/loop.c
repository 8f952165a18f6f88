// The redirector's work as a plain loop in C, to compare with: it forwards IPv4 packets from one interface to another, or copies each into
// IP-in-IP tunnels, by recvmmsg and sendmmsg in batches of 64. It looks nothing up. Scheduled as HydraNet's host is.
//
//   loop IN OUT MAC NEXT-HOP-MAC              forward
//   loop IN OUT MAC NEXT-HOP-MAC SOURCE DESTINATION...   copy to each destination

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { BATCH = 64, FRAME = 2048, COPIES = 8, ETH = 14, IP = 20, QUEUE = 8 << 20, PRIORITY = 10 };

static unsigned char frames[BATCH][FRAME], heads[BATCH * COPIES][ETH + IP], mac[6], next[6];
static struct iovec in[BATCH], out[BATCH * COPIES][2];
static struct mmsghdr received[BATCH], sent[BATCH * COPIES];
static uint32_t source, destinations[COPIES];
static int copies;

static void fail(const char *what) { perror(what); exit(1); }

static int raw(const char *name, int protocol) {
  struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)if_nametoindex(name) };
  int s = socket(AF_PACKET, SOCK_RAW, 0), one = 1, queue = QUEUE;
  if (a.sll_ifindex == 0 || s < 0 || setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one)) fail(name);
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue);
  if (bind(s, (struct sockaddr *)&a, sizeof a)) fail(name);
  return s;
}

static int usable(const unsigned char *f, int n) { return n >= ETH + IP && f[12] == 8 && f[13] == 0 && f[14] == 0x45 && f[22] > 1; }

static void address(unsigned char *f) { memcpy(f, next, 6); memcpy(f + 6, mac, 6); }

/** One from TTL, and the checksum with it (RFC 1141). */
static void age(unsigned char *f) {
  f[22]--;
  uint32_t sum = (f[24] << 8 | f[25]) + 0x100;
  sum += sum >> 16;
  f[24] = sum >> 8; f[25] = sum;
}

static void head(unsigned char *h, int n, uint32_t to) {
  static uint16_t id;
  uint16_t w[10] = { htons(0x4500), htons(n - ETH + IP), htons(id++), htons(0x4000), htons(64 << 8 | 4), 0 };
  memcpy(w + 6, &source, 4); memcpy(w + 8, &to, 4);
  uint32_t sum = 0;
  for (int i = 0; i < 10; i++) sum += w[i];
  sum = (sum & 0xffff) + (sum >> 16);
  w[5] = ~(sum + (sum >> 16));
  address(h); h[12] = 8; h[13] = 0;
  memcpy(h + ETH, w, IP);
}

/** Queues what is to be sent for one frame, from place k on; the place after it. */
static int queue(unsigned char *f, int n, int k) {
  if (!usable(f, n)) return k;
  age(f);
  if (copies == 0) {
    address(f);
    out[k][0] = (struct iovec){ f, n };
    sent[k].msg_hdr = (struct msghdr){ .msg_iov = out[k], .msg_iovlen = 1 };
    return k + 1;
  }
  for (int i = 0; i < copies; i++, k++) {
    head(heads[k], n, destinations[i]);
    out[k][0] = (struct iovec){ heads[k], ETH + IP };
    out[k][1] = (struct iovec){ f + ETH, n - ETH };
    sent[k].msg_hdr = (struct msghdr){ .msg_iov = out[k], .msg_iovlen = 2 };
  }
  return k;
}

int main(int argc, char **argv) {
  const char *m = "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx";
  if (argc < 5 || argc > 6 + COPIES || sscanf(argv[3], m, mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6 || sscanf(argv[4], m, next, next + 1, next + 2, next + 3, next + 4, next + 5) != 6) {
    fprintf(stderr, "loop: IN OUT MAC NEXT-HOP-MAC [SOURCE DESTINATION...]\n");
    return 2;
  }
  if (argc > 5) source = inet_addr(argv[5]);
  for (int i = 6; i < argc; i++) destinations[copies++] = inet_addr(argv[i]);
  struct sched_param p = { PRIORITY };
  sched_setscheduler(0, SCHED_FIFO, &p);
  int rx = raw(argv[1], ETH_P_ALL), tx = raw(argv[2], 0);
  puts("ready");
  fflush(stdout);
  for (;;) {
    for (int i = 0; i < BATCH; i++) { in[i] = (struct iovec){ frames[i], FRAME }; received[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i], .msg_iovlen = 1 }; }
    int n = recvmmsg(rx, received, BATCH, MSG_DONTWAIT, NULL), k = 0;
    if (n <= 0) { struct pollfd w = { rx, POLLIN, 0 }; poll(&w, 1, -1); continue; }
    for (int i = 0; i < n; i++) k = queue(frames[i], (int)received[i].msg_len, k);
    for (int done = 0; done < k;) {
      int r = sendmmsg(tx, sent + done, k - done, 0);
      if (r <= 0 && errno != ENOBUFS && errno != EINTR) fail("sendmmsg");
      if (r > 0) done += r;
    }
  }
}
