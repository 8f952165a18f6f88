/* What cannot go on: said with its place on the consoles, then the node starts anew. */
#ifndef TRAP_H_
#define TRAP_H_
/* Addresses of functions, ascending, each with the offset of its name; the names follow (symbols.S). */
extern const u32 symbols[];

static void say_place(u32 eip) {
  u32 n = symbols[0], found = 0;
  for (u32 i = 1; i <= n && symbols[2 * i - 1] <= eip; i++) found = i;
  say(" at ");
  say_hex(eip);
  if (!found || eip >= (u32)program_end || eip < (u32)program_start) return;
  say(" in ");
  say((const char*)(symbols + 1 + 2 * n) + symbols[2 * found]);
  say("+");
  say_number(eip - symbols[2 * found - 1]);
}

/* Bus masters must not write into memory that is being cleared. Functions of bus 0, where such boards have their chips. */
static void quiet_bus(void) {
  for (u32 f = 0; f < 256; f++) {
    u32 at = 0x80000000 | f << 8;
    out32(0xcf8, at);
    if (in32(0xcf8) != at) return;
    if (in16(0xcfc) == 0xffff) continue;
    out32(0xcf8, at | 8);
    if (in8(0xcfc + 3) == 6) continue; /* a bridge */
    out32(0xcf8, at | 4);
    u32 command = in16(0xcfc);
    if (command & 4) out16(0xcfc, command & ~4);
  }
}
__attribute__((noreturn)) static void start_anew(void) {
  asm volatile("cli" ::: "memory");
  quiet_bus();
  console_flush();
  start_again();
}
__attribute__((noreturn)) static void fault(const char* cause, u32 eip) {
  asm volatile("cli" ::: "memory");
  say("\ntrap: ");
  say(cause);
  say_place(eip);
  say(", start ");
  say_number(starts);
  say(" ends\n");
  start_anew();
}

static const char* const exceptions[32] = {
  "division", "debug", "non-maskable interrupt", "breakpoint", "overflow", "bounds", "invalid instruction", "no FPU", "double fault", 0, "bad task", "no segment",
  "stack segment", "general protection: an access outside the memory", "page fault", 0, "FPU error", "alignment", "machine check",
};
__attribute__((externally_visible, noreturn)) void exception_taken(Exception* e) {
  say("\neax "); say_hex(e->eax); say(" ebx "); say_hex(e->ebx); say(" ecx "); say_hex(e->ecx); say(" edx "); say_hex(e->edx);
  say(" esi "); say_hex(e->esi); say(" edi "); say_hex(e->edi); say(" error "); say_hex(e->error);
  fault(e->vector < 32 && exceptions[e->vector] ? exceptions[e->vector] : "exception", e->eip);
}
__attribute__((noinline)) void wasm_rt_trap(wasm_rt_trap_t t) {
  static const char* const causes[] = { "none", "out of bounds", "overflow", "division by zero", "conversion", "unreachable", "indirect call" };
  fault(t < 7 ? causes[t] : "trap", (u32)__builtin_return_address(0));
}
#endif
