// Sends one frame again and again, as fast as it goes, for some seconds.
//
//   generate INTERFACE SECONDS FRAME (hexadecimal)

#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

enum { BATCH = 64, FRAME = 2048 };

static unsigned char frame[FRAME];
static struct mmsghdr all[BATCH];

static void fail(const char *what) { perror(what); exit(1); }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  if (argc != 4 || strlen(argv[3]) > 2 * FRAME) { fprintf(stderr, "generate: INTERFACE SECONDS FRAME\n"); return 2; }
  struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1]) };
  int s = socket(AF_PACKET, SOCK_RAW, 0), one = 1, n = 0;
  if (a.sll_ifindex == 0 || s < 0 || bind(s, (struct sockaddr *)&a, sizeof a)) fail(argv[1]);
  setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
  for (const char *p = argv[3]; sscanf(p, "%2hhx", frame + n) == 1; p += 2) n++;
  struct iovec v = { frame, n };
  for (int i = 0; i < BATCH; i++) all[i].msg_hdr = (struct msghdr){ .msg_iov = &v, .msg_iovlen = 1 };
  unsigned long long count = 0;
  for (double end = now() + atof(argv[2]); now() < end;) {
    int r = sendmmsg(s, all, BATCH, 0);
    if (r > 0) count += r;
  }
  printf("{\"count\":%llu}\n", count);
  return 0;
}
