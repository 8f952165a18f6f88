// The measuring client: a stock TCP socket that does one thing to a server for some seconds and prints what it saw as one line of JSON.
//
//   client download|upload|echo|connect ADDRESS PORT SECONDS WARM-UP CPU
//
// download reads a stream without end; upload writes one, and counts what the server has acknowledged; echo sends 64 bytes and waits for them,
// again and again; connect does so once per connection. Seconds of the warm-up are not counted. `busy` is the time that processor CPU
// (-1: all of them) was not idle meanwhile. Its own congestion control is cubic. Exit status 1 where the connection fails or nothing comes for ten seconds.

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, SAMPLES = 1 << 20, BLOCK = 1 << 18 };

static char block[BLOCK];
static float samples[SAMPLES];
static struct sockaddr_in server;
static double seconds, warmUp;
static int cpu;

static void fail(const char *what) {
  fprintf(stderr, "client: %s: %s\n", what, errno ? strerror(errno) : "the server has closed");
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/** Seconds for which the processor has not been idle since the machine started. */
static double busy(void) {
  char line[256], name[16];
  unsigned long long user, nice, system, idle, wait, irq, softirq;
  FILE *f = fopen("/proc/stat", "r");
  if (!f) fail("/proc/stat");
  if (cpu < 0) strcpy(name, "cpu "); else snprintf(name, sizeof name, "cpu%d ", cpu);
  while (fgets(line, sizeof line, f)) {
    if (strncmp(line, name, strlen(name)) || sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq, &softirq) != 7) continue;
    fclose(f);
    return (double)(user + nice + system + irq + softirq) / sysconf(_SC_CLK_TCK);
  }
  errno = ENOENT;
  fail(name);
  return 0;
}

static int dial(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct timeval patience = { 10, 0 };
  if (s < 0) fail("socket");
  if (setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5)) fail("cubic");
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(s, (struct sockaddr *)&server, sizeof server)) fail("connect");
  return s;
}

static uint64_t acked(int s) {
  struct tcp_info i;
  socklen_t n = sizeof i;
  if (getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &n)) fail("TCP_INFO");
  return i.tcpi_bytes_acked;
}

static void bulk(int up) {
  int s = dial();
  uint64_t bytes = 0, first = 0;
  double begin = 0, used = 0, start = now();
  for (;;) {
    errno = 0;
    ssize_t n = up ? write(s, block, BLOCK) : read(s, block, BLOCK);
    if (n <= 0) fail(up ? "write" : "read");
    bytes += n;
    double t = now();
    if (begin == 0 && t - start >= warmUp) { begin = t; first = up ? acked(s) : bytes; used = busy(); }
    if (begin == 0 || t - begin < seconds) continue;
    printf("{\"bytes\":%llu,\"seconds\":%.6f,\"busy\":%.3f}\n", (unsigned long long)((up ? acked(s) : bytes) - first), t - begin, busy() - used);
    exit(0); // which resets a download's connection: nobody waits for the rest
  }
}

static void exchange(int s) {
  errno = 0;
  if (write(s, block, MESSAGE) != MESSAGE) fail("write");
  for (int have = 0; have < MESSAGE;) {
    errno = 0;
    ssize_t n = read(s, block, MESSAGE - have);
    if (n <= 0) fail("read");
    have += n;
  }
}

static int ascending(const void *a, const void *b) { return (*(float *)a > *(float *)b) - (*(float *)a < *(float *)b); }

/** Exchanges on one connection, or each on one of its own, which the client closes and whose end it waits for. */
static void exchanges(int fresh) {
  int s = fresh ? -1 : dial();
  uint64_t count = 0;
  double begin = 0, used = 0, start = now();
  for (;;) {
    double t = now();
    if (begin == 0 && t - start >= warmUp) { begin = t; count = 0; used = busy(); }
    if (begin != 0 && t - begin >= seconds) break;
    if (fresh) s = dial();
    exchange(s);
    if (fresh) { shutdown(s, SHUT_WR); errno = 0; if (read(s, block, 1) != 0) fail("the server does not close"); close(s); }
    samples[count++ % SAMPLES] = (float)((now() - t) * 1e6);
  }
  double took = now() - begin, spent = busy() - used;
  int n = count < SAMPLES ? (int)count : SAMPLES;
  qsort(samples, n, sizeof *samples, ascending);
  printf("{\"count\":%llu,\"seconds\":%.6f,\"busy\":%.3f,\"p50\":%.1f,\"p99\":%.1f}\n", (unsigned long long)count, took, spent, n ? samples[n / 2] : 0, n ? samples[n - 1 - n / 100] : 0);
}

int main(int argc, char **argv) {
  if (argc != 7) { fprintf(stderr, "client: download|upload|echo|connect ADDRESS PORT SECONDS WARM-UP CPU\n"); return 2; }
  const char *mode = argv[1];
  server.sin_family = AF_INET;
  server.sin_port = htons(atoi(argv[3]));
  if (!inet_aton(argv[2], &server.sin_addr)) { fprintf(stderr, "client: '%s' is no IPv4 address\n", argv[2]); return 2; }
  seconds = atof(argv[4]); warmUp = atof(argv[5]); cpu = atoi(argv[6]);
  if (!strcmp(mode, "download")) bulk(0);
  else if (!strcmp(mode, "upload")) bulk(1);
  else if (!strcmp(mode, "echo")) exchanges(0);
  else if (!strcmp(mode, "connect")) exchanges(1);
  else { fprintf(stderr, "client: unknown mode '%s'\n", mode); return 2; }
  return 0;
}
