/* Plays a recording (docs/record.md) into the module `node`: the frames and words that its host gave it, the answers to its imports, and for each
   call the hash of its output, which must come out the same. The including file has `memory`, `node`, `calls`, `fail`, and `measured`. */

/* Polls the module. */
static u32 measured(u64 now);

enum { INIT = 1, POLL, FRAME, COMMAND, END, ENTROPY, STORE_READ, CONTENT_READ, STATE };
/* Words of the Abi block and of a ring (host/ABI.md). */
enum { ABI_CONFIG = 2, ABI_IFACES = 4, ABI_RINGS = 5, ABI_STATUS = 6, ABI_STORE_DONE = 9, ABI_STORE_FAILED = 10 };
enum { RX_SLOTS = 0, RX_SIZE = 1, RX_FILLED = 3, TX_SLOTS = 4, TX_SIZE = 5, TX_QUEUED = 6, TX_SENT = 7, RING_WORDS = 16, HOST_SIDE = 6 };
static const u8 host_side[HOST_SIDE] = { 3, 7, 8, 9, 10, 12 };
#define MOST_IFACES 8

static const u8 *at, *stop;
static u32 filled[MOST_IFACES], looked[MOST_IFACES];

static u32 word(const u8* p) { return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24; }
static u32* words(u32 address) { return (u32*)(memory + address); }
static u32* abi(void) { return words(w2c_node_abi(&node)); }
static u32* ring(u32 i) { return words(abi()[ABI_RINGS]) + i * RING_WORDS; }

static u64 hash;
static void add(const void* bytes, u32 n) {
  const u8* p = bytes;
  for (u32 i = 0; i < n; i++) hash = (hash ^ p[i]) * 0x100000001b3ull;
}
static void add_said(char letter, const void* bytes, u32 n) {
  add(&letter, 1);
  add(&n, 4);
  add(bytes, n);
}

/* The next entry, which must be of this kind; its bytes, and their number in `n`. */
static const u8* take(u32 kind, u32* n) {
  if (stop - at < 5 || *at != kind) fail("the module asks something else than when it was recorded");
  *n = word(at + 1);
  const u8* bytes = at + 5;
  at = bytes + *n;
  return bytes;
}
static u32 answer(u32 kind, u32 p) {
  u32 n;
  const u8* b = take(kind, &n);
  memcpy(memory + p, b + 4, n - 4);
  return word(b);
}

static inline void w2c_env_log(struct w2c_env* e, u32 level, u32 p, u32 n) { (void)e; (void)level; add_said('l', memory + p, n); }
static inline void w2c_env_store_write(struct w2c_env* e, u32 p, u32 n) { (void)e; add_said('s', memory + p, n); }
static inline u32 w2c_env_entropy(struct w2c_env* e, u32 p, u32 n) { (void)e; (void)n; return answer(ENTROPY, p); }
static inline u32 w2c_env_store_read(struct w2c_env* e, u32 p, u32 n) { (void)e; (void)n; return answer(STORE_READ, p); }
static inline u32 w2c_env_content_read(struct w2c_env* e, u32 offset, u32 p, u32 n) { (void)e; (void)offset; (void)n; return answer(CONTENT_READ, p); }

static void put_frame(const u8* b, u32 n) {
  u32 i = b[0], *r = ring(i), *slot = words(r[RX_SLOTS] + (filled[i]++ & (r[RX_SIZE] - 1)) * 16);
  memcpy(memory + slot[0], b + 1, n - 1);
  slot[1] = n - 1;
  slot[2] = 0;
}
static void put_state(const u8* b) {
  abi()[ABI_STORE_DONE] = word(b);
  abi()[ABI_STORE_FAILED] = word(b + 4);
  b += 8;
  for (u32 i = 0; i < abi()[ABI_IFACES]; i++)
    for (u32 k = 0; k < HOST_SIDE; k++, b += 4) ring(i)[host_side[k]] = word(b);
}

/* The call is over: the frames that it queued, then hash and result against those of the recording. */
static void finish(u32 result) {
  for (u32 i = 0; i < abi()[ABI_IFACES]; i++) {
    u32* r = ring(i);
    for (; looked[i] != r[TX_QUEUED]; looked[i]++) {
      u32 *slot = words(r[TX_SLOTS] + (looked[i] & (r[TX_SIZE] - 1)) * 32), length = slot[1] + slot[3];
      char head[2] = { 'f', i };
      add(head, 2);
      add(slot + 4, 8);
      add(&length, 4);
      add(memory + slot[0], slot[1]);
      add(memory + slot[2], slot[3]);
    }
  }
  u32 n;
  const u8* b = take(END, &n);
  if (word(b) != result) fail("another result");
  if (word(b + 4) != (u32)hash || word(b + 8) != (u32)(hash >> 32)) fail("another output");
  calls++;
}

static void replay(const u8* from, const u8* to) {
  at = from + 12;
  stop = to;
  while (at != stop) {
    u32 kind = *at, n;
    const u8* b = take(kind, &n);
    hash = 0xcbf29ce484222325ull;
    switch (kind) {
      case FRAME: put_frame(b, n); break;
      case STATE: put_state(b); break;
      case INIT:
        memcpy(memory + abi()[ABI_CONFIG], b, n);
        w2c_node_init(&node, abi()[ABI_CONFIG], n);
        finish(0);
        break;
      case POLL: finish(measured((u64)word(b + 4) << 32 | word(b))); break;
      case COMMAND:
        memcpy(memory + abi()[ABI_CONFIG], b, n);
        n = w2c_node_command(&node, n);
        add_said('a', memory + abi()[ABI_STATUS], n);
        finish(0);
        break;
      default: fail("not a recording");
    }
  }
}
