/* A module as i486 code in a Linux process: plays a recording (docs/record.md), compares each call's output hash, and lets callgrind write down
   the instructions of the polls that are marked. Freestanding: no C library, so what is counted is the module and nothing else.
   RECORDING and MARKS name the files: the recording, and one u32 for each marked poll, the number of its call, ascending. */
#include <valgrind/callgrind.h>
#include "imports.h"
#include "module.h"
/* MEMORY_SIZE: bytes of linear memory. */
static u8 memory[MEMORY_SIZE] __attribute__((aligned(4096)));
#include "prelude.h"
#include "module.inc"

static w2c_node node;

/* The system: write and exit. */
static int system3(int number, int a, const void* b, int c) {
  int result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}
static void say(const char* text) {
  int n = 0;
  while (text[n]) n++;
  system3(4, 1, text, n);
}
static void say_number(u32 v) {
  char digits[12], *p = digits + 11;
  *p = 0;
  do { *--p = '0' + v % 10; v /= 10; } while (v);
  say(p);
}
__attribute__((noreturn)) static void end(int status) { system3(1, status, 0, 0); __builtin_unreachable(); }

static u32 calls;
__attribute__((noreturn)) static void fail(const char* text) {
  say(text);
  say(" in call ");
  say_number(calls);
  say("\n");
  end(1);
}
void wasm_rt_trap(wasm_rt_trap_t trap) { (void)trap; fail("trap"); }
void wasm_rt_allocate_memory(wasm_rt_memory_t* m, uint64_t pages, uint64_t max_pages, bool is64, uint32_t page_size) {
  (void)max_pages; (void)is64;
  if (pages * page_size != MEMORY_SIZE) fail("memory of another size");
  m->data = memory;
  m->size = MEMORY_SIZE;
}
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

#include "replay.h"

extern const u8 recording[], recording_end[];
extern const u32 marks[], marks_end[];
asm(".section .rodata\n.balign 4\n"
    "recording: .incbin \"" RECORDING "\"\nrecording_end: .balign 4\n"
    "marks: .incbin \"" MARKS "\"\nmarks_end:\n.text");

/* Not inlined, so that a profile shows it. */
__attribute__((noinline)) static u32 poll_node(u64 now) { return w2c_node_poll(&node, now); }

static const u32* mark = marks;
static u32 measured(u64 now) {
  if (mark == marks_end || *mark != calls) return poll_node(now);
  char name[12];
  u32 v = calls;
  for (int i = 9; i >= 0; i--, v /= 10) name[i] = '0' + v % 10;
  name[10] = 0;
  mark++;
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  u32 result = poll_node(now);
  CALLGRIND_DUMP_STATS_AT(name);
  CALLGRIND_STOP_INSTRUMENTATION;
  return result;
}

__attribute__((externally_visible, force_align_arg_pointer)) void _start(void) {
  wasm2c_node_instantiate(&node, 0);
  replay(recording, recording_end);
  say_number(calls);
  say(" calls, equal\n");
  end(0);
}
