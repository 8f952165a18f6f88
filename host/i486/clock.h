/* Time, from the 8254 alone. Two channels count the same oscillator with periods of 65,536 and 1,184 ticks; both are latched at one instant, and
   their phases tell how many of the long periods have passed since the last look, up to 37 (2 s). So no tick is lost by interrupts that come
   late, or never. Channel 0 also interrupts, about 1,000 times a second, to end the halt and to watch the poll. */
#ifndef CLOCK_H_
#define CLOCK_H_
enum { TIMER = 0x40, TIMER_CONTROL = 0x43, SYSTEM_CONTROL = 0x61, LATCH_0_AND_2 = 0xda };
/* 65,536 = 55 * TICK + STEP; 32 divides TICK and STEP, so phases that differ are 32 apart. */
enum { TICK = 1184, STEP = 416, WRAPS = 37, NEAR = 12, USUAL_HZ = 1193182 };

static u32 timer_hz, us_per_tick;  /* the latter times 2^32 */
static u32 long_phase, short_phase; /* channel 2 at the last look, and where channel 0 would be by it */
static u64 us, fraction;
static u32 ms, us_in_ms;           /* the same for people: no 64-bit division */
static u32 clock_doubts;           /* looks that no count of periods explains */

static void latch(u32* now, u32* tick) {
  out8(TIMER_CONTROL, LATCH_0_AND_2);
  u32 c0 = in8(TIMER);
  c0 |= in8(TIMER) << 8;
  u32 c2 = in8(TIMER + 2);
  c2 |= in8(TIMER + 2) << 8;
  *now = (0 - c2) & 0xffff;
  *tick = TICK - c0;
}
static void clock_init(u32 hz) {
  timer_hz = hz > 1000000 && hz < 4000000 ? hz : USUAL_HZ;
  u32 rest;
  asm("divl %4" : "=a"(us_per_tick), "=d"(rest) : "0"(0), "1"(1000000), "rm"(timer_hz));
  out8(SYSTEM_CONTROL, (in8(SYSTEM_CONTROL) & 0xfc) | 1); /* channel 2 counts, the speaker is silent */
  out8(TIMER_CONTROL, 0xb4);
  out8(TIMER + 2, 0);
  out8(TIMER + 2, 0);
  out8(TIMER_CONTROL, 0x34);
  out8(TIMER, TICK & 255);
  out8(TIMER, TICK >> 8);
  u32 at = 0;
  for (u32 i = 0; i < 1000 && at < 64; i++) latch(&at, &short_phase); /* both channels have loaded their counts */
  long_phase = at;
  if (short_phase >= TICK) short_phase = 0;
}
static bool near(u32 a, u32 b) {
  u32 d = (a + TICK - b) % TICK;
  return d <= NEAR || d >= TICK - NEAR;
}
/* Ticks since the last look by one latch, or 0 with `sure` false. */
static u32 elapsed(bool* sure) {
  u32 now, tick;
  latch(&now, &tick);
  u32 d = (now - long_phase) & 0xffff, phase = (short_phase + d) % TICK;
  *sure = true;
  for (u32 wraps = 0; wraps < WRAPS; wraps++, phase = (phase + STEP) % TICK)
    if (near(phase, tick)) return d + (wraps << 16);
  *sure = false;
  return d;
}
/* Microseconds since the start. */
static u64 clock_now(void) {
  u32 flags = interrupts_off();
  bool sure;
  u32 d = elapsed(&sure);
  for (u32 tries = 0; tries < 4 && (!sure || d > 0xffff); tries++) {
    /* A look that was disturbed between its halves (a virtual machine's) seldom is so twice alike. */
    u32 again = elapsed(&sure);
    if (sure && again >= d && again - d < TICK) { d = again; break; }
    d = again;
  }
  if (!sure) clock_doubts++;
  long_phase = (long_phase + d) & 0xffff;
  short_phase = (short_phase + d) % TICK;
  u64 parts = (u64)d * us_per_tick + fraction;
  us += parts >> 32;
  fraction = (u32)parts;
  us_in_ms += parts >> 32;
  ms += us_in_ms / 1000;
  us_in_ms %= 1000;
  u64 now = us;
  interrupts_as(flags);
  return now;
}
#endif
