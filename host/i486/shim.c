/* A board's program around a module: starts the machine, polls the module, halts while there is nothing to do. One compilation unit, so that
   the compiler sees through module, imports and ports. MEMORY_SIZE: bytes of linear memory. */
#include "board.h"
#include "module.h"
static u8 memory[MEMORY_SIZE] __attribute__((aligned(4096)));
#include "prelude.h"
#include "machine.h"
#include "console.h"
#include "trap.h"
#include "clock.h"
void* memcpy(void* to, const void* from, size_t n) {
  void* p = to;
  asm volatile("rep movsb" : "+D"(p), "+S"(from), "+c"(n) :: "memory");
  return to;
}
void* memset(void* to, int value, size_t n) {
  void* p = to;
  asm volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(value) : "memory");
  return to;
}
#include "env.h"
#include "module.inc"

static w2c_node node;
enum { WATCHDOG = 500, CANARY = 0x5ca1ab1e, MULTIBOOT = 0x2badb002, FOREVER = 1000000 };
static volatile u32 poll_ticks;   /* timer interrupts in this poll */
static volatile bool polling;

void wasm_rt_allocate_memory(wasm_rt_memory_t* m, uint64_t pages, uint64_t most, bool is64, uint32_t page_size) {
  (void)most; (void)is64;
  if ((u32)pages * page_size != MEMORY_SIZE) wasm_rt_trap(WASM_RT_TRAP_OOB);
  m->data = memory;
  m->size = MEMORY_SIZE;
}

__attribute__((externally_visible)) void interrupt_taken(Interrupt* i) {
  if (i->line != TIMER_LINE) { line_came(i->line); return; }
  out8(PIC, END_OF_INTERRUPT);
  console_tick();
  if (polling && ++poll_ticks > WATCHDOG) fault("watchdog: a poll does not end", i->eip);
}

static u32 read32(const u8* p) { return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24; }

/* KiB above 1 MiB; content that a Multiboot loader brought as its first module. */
static u32 loaded(void) {
  if (boot_magic != MULTIBOOT) return boot_value;
  const u32* info = (const u32*)boot_value;
  if (info[0] & 8 && info[5] > 0) {
    const u32* module = (const u32*)info[6];
    content = (const u8*)module[0];
    content_size = module[1] - module[0];
  }
  return info[0] & 1 ? info[2] : 0;
}
static void check_memory(u32 kib) {
  u32 need = ((u32)cleared_end - 0x100000 + 1023) >> 10;
  if (kib >= need) return;
  say("the board has "); say_number(kib); say(" KiB above 1 MiB, the program needs "); say_number(need); say("\n");
  console_flush();
  for (;;) asm volatile("cli; hlt");
}
static void check_stack(void) { if (stack_bottom[0] != CANARY) fault("stack overrun", (u32)__builtin_return_address(0)); }

static void begin(void) {
  const u8* config = configuration;
  u32 n = read32(config + 8), *abi;
  wasm2c_node_instantiate(&node, 0);
  abi = (u32*)block(w2c_node_abi(&node), 48, 1);
  if (n > 16384) n = 16384;
  memcpy(block(abi[2], n, 1), config, n);
  w2c_node_init(&node, abi[2], n);
}

/* Halts until a device's interrupt, a typed byte, or the time. The timer ends each halt to look at the time. */
static void rest(u64 until) {
  asm volatile("cli" ::: "memory");
  while (!woken && clock_now() < until) asm volatile("sti; hlt; cli" ::: "memory");
  woken = false;
  asm volatile("sti" ::: "memory");
}

__attribute__((externally_visible, noreturn)) void shim(void) {
  stack_bottom[0] = CANARY;
  descriptors_init();
  interrupts_init();
  console_init(board_block[16] | board_block[17] << 8, board_block[18] != 0);
  say("\nHydraNet, start "); say_number(starts); say("\n");
  u32 kib = loaded();
  check_memory(kib);
  clock_init(read32(board_block + 12));
  asm volatile("sti" ::: "memory");
  begin();
  for (;;) {
    u64 now = clock_now();
    poll_ticks = 0;
    polling = true;
    u32 wait = w2c_node_poll(&node, now);
    polling = false;
    check_stack();
    if (wait) rest(now + (wait < FOREVER ? wait : FOREVER));
  }
}
