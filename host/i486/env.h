/* The imports, on the machine. Each checks a count first, then the range; a module's address becomes one of the machine nowhere else. */
#ifndef ENV_H_
#define ENV_H_
#define ENV static inline
INLINE u32 w2c_env_in8(struct w2c_env* e, u32 port) { (void)e; return in8(port); }
INLINE u32 w2c_env_in16(struct w2c_env* e, u32 port) { (void)e; return in16(port); }
INLINE u32 w2c_env_in32(struct w2c_env* e, u32 port) { (void)e; return in32(port); }
INLINE void w2c_env_out8(struct w2c_env* e, u32 port, u32 v) { (void)e; out8(port, v); }
INLINE void w2c_env_out16(struct w2c_env* e, u32 port, u32 v) { (void)e; out16(port, v); }
INLINE void w2c_env_out32(struct w2c_env* e, u32 port, u32 v) { (void)e; out32(port, v); }

/* The first of n units of `size` bytes at p; traps where they do not lie in the memory. */
INLINE u8* block(u32 p, u32 n, u32 size) {
  if (UNLIKELY(n > MEMORY_SIZE / size || p > MEMORY_SIZE - n * size)) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return memory + p;
}
#define PORT_BLOCK(name, size, instruction, register) \
  ENV void w2c_env_##name(struct w2c_env* e, u32 port, u32 p, u32 n) { \
    (void)e; u8* at = block(p, n, size); asm volatile("rep " instruction : "+" register(at), "+c"(n) : "d"(port) : "memory"); }
PORT_BLOCK(ins16, 2, "insw", "D")
PORT_BLOCK(ins32, 4, "insl", "D")
PORT_BLOCK(outs16, 2, "outsw", "S")
PORT_BLOCK(outs32, 4, "outsl", "S")

/* Nothing pages: an address is its bus address. */
ENV u32 w2c_env_dma_address(struct w2c_env* e, u32 p, u32 n) { (void)e; return (u32)block(p, n, 1); }
INLINE void w2c_env_barrier(struct w2c_env* e) { (void)e; asm volatile("" ::: "memory"); }
ENV void w2c_env_irq_open(struct w2c_env* e, u32 line) { (void)e; line_open(line); }
ENV void w2c_env_irq_close(struct w2c_env* e, u32 line) { (void)e; line_close(line); }
ENV u32 w2c_env_irq_taken(struct w2c_env* e, u32 line) { (void)e; return line_taken(line); }
ENV u64 w2c_env_now(struct w2c_env* e) { (void)e; return clock_now(); }

ENV u32 w2c_env_console_write(struct w2c_env* e, u32 p, u32 n) {
  (void)e;
  const u8* at = block(p, n, 1);
  u32 room = out_room();
  if (uart && n > room) n = room;
  for (u32 i = 0; i < n; i++) put(at[i]);
  return n;
}
ENV u32 w2c_env_console_read(struct w2c_env* e, u32 p, u32 n) {
  (void)e;
  u8* at = block(p, n, 1);
  u32 i = 0;
  for (; i < n && in_got != in_put; i++, in_got++) at[i] = in_buffer[in_got % IN_SIZE];
  return i;
}
ENV u32 w2c_env_board(struct w2c_env* e, u32 p, u32 n) {
  (void)e;
  u32 length = board_block[6] | board_block[7] << 8;
  u8* at = block(p, n, 1);
  for (u32 i = 0; i < n && i < length; i++) at[i] = board_block[i];
  return length;
}
ENV void w2c_env_restart(struct w2c_env* e) { (void)e; start_anew(); }

ENV void w2c_env_log(struct w2c_env* e, u32 level, u32 p, u32 n) {
  (void)e;
  static const char* const names[] = { "error", "warning", "info", "debug" };
  const u8* at = block(p, n, 1);
  say("[");
  say_number(ms);
  say("] ");
  say(names[level & 3]);
  say(": ");
  for (u32 i = 0; i < n; i++) put(at[i] < ' ' ? '?' : at[i]);
  say("\n");
}
/* The RTC's date and time, and how far the timer's channels were while it was read: differs from start to start. */
ENV u32 w2c_env_entropy(struct w2c_env* e, u32 p, u32 n) {
  (void)e;
  static const u8 cells[] = { 0, 2, 4, 7, 8, 9 };
  u8* at = block(p, n, 1);
  for (u32 i = 0; i < n; i++) {
    u32 now, tick;
    out8(0x70, cells[i % sizeof cells]);
    u32 v = in8(0x71);
    latch(&now, &tick);
    at[i] = i < sizeof cells ? v : now ^ tick << 3 ^ starts;
  }
  return n;
}
/* A board's module keeps its record by its own disk driver. */
ENV u32 w2c_env_store_read(struct w2c_env* e, u32 p, u32 n) { (void)e; (void)p; (void)n; return -1; }
ENV void w2c_env_store_write(struct w2c_env* e, u32 p, u32 n) { (void)e; (void)p; (void)n; }

static const u8* content;         /* in memory; 0: none */
static u32 content_size;
ENV u32 w2c_env_content_read(struct w2c_env* e, u32 offset, u32 p, u32 n) {
  (void)e;
  u8* to = block(p, n, 1);
  if (n > content_size || offset > content_size - n) return -5;
  memcpy(to, content + offset, n);
  return n;
}
#endif
