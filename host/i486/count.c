/* A module as i486 code in a Linux process: plays a recording (docs/record.md), compares each call's output hash, and lets callgrind write down
   the instructions of the polls that are marked. Freestanding: no C library, so what is counted is the module and nothing else.
   Arguments: the file of the recording, and the one of the marks: a u32 for each marked poll, the number of its call, ascending. */
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

/* The two files. */
static u8 files[1 << 24] __attribute__((aligned(4)));
static u8* unused = files;
static u32 length; /* of the file read last */
static u8* read_file(const char* name) {
  int file = system3(5, (int)name, 0, 0), n = file < 0 ? -1 : system3(3, file, unused, files + sizeof files - unused);
  if (n < 0 || unused + n == files + sizeof files) fail(file < 0 ? "no such file" : "too large a file");
  u8* p = unused;
  length = n;
  unused += n + 3 & ~3;
  return p;
}

/* Not inlined, so that a profile shows it. */
__attribute__((noinline)) static u32 poll_node(u64 now) { return w2c_node_poll(&node, now); }

static const u32 *mark, *marks_end;
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

static void play(char** arguments) {
  wasm2c_node_instantiate(&node, 0);
  const u8 *recording = read_file(arguments[0]), *end_of_recording = recording + length;
  mark = (const u32*)read_file(arguments[1]);
  marks_end = mark + length / 4;
  replay(recording, end_of_recording);
  say_number(calls);
  say(" calls, equal\n");
  end(0);
}

/* The stack at the start: the number of arguments, then the program's name and they. */
asm(".globl _start\n_start:\n  lea 8(%esp), %eax\n  push %eax\n  call begin\n");
__attribute__((externally_visible, used, force_align_arg_pointer)) void begin(char** arguments) { play(arguments); }
