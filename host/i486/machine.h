/* The machine under a board's program: ports, interrupt controller, descriptors. */
#ifndef MACHINE_H_
#define MACHINE_H_
#define PORT_IN(name, type, instruction) INLINE u32 name(u32 port) { \
  type v; asm volatile(instruction : "=a"(v) : "Nd"((u16)port) : "memory"); return v; }
#define PORT_OUT(name, type, instruction) INLINE void name(u32 port, u32 v) { \
  asm volatile(instruction :: "a"((type)v), "Nd"((u16)port) : "memory"); }
PORT_IN(in8, u8, "inb %w1, %b0")
PORT_IN(in16, u16, "inw %w1, %w0")
PORT_IN(in32, u32, "inl %w1, %0")
PORT_OUT(out8, u8, "outb %b0, %w1")
PORT_OUT(out16, u16, "outw %w0, %w1")
PORT_OUT(out32, u32, "outl %0, %w1")

INLINE u32 interrupts_off(void) {
  u32 flags;
  asm volatile("pushfl; popl %0; cli" : "=r"(flags) :: "memory");
  return flags;
}
INLINE void interrupts_as(u32 flags) { asm volatile("pushl %0; popfl" :: "r"(flags) : "memory", "cc"); }

/* What boot.S defines. */
extern const u8 program_start[], program_end[], cleared_end[], board_block[], configuration[], exception_stubs[], interrupt_stubs[];
extern u32 stack_bottom[], boot_magic, boot_value, starts;
__attribute__((noreturn)) void start_again(void);

/* Registers as boot.S pushes them. */
typedef struct { u32 edi, esi, ebp, esp, ebx, edx, ecx, eax, vector, error, eip, cs, flags; } Exception;
typedef struct { u32 edi, esi, ebp, esp, ebx, edx, ecx, eax, line, eip, cs, flags; } Interrupt;

enum { CODE = 0x08, DATA = 0x10, MEMORY = 0x18 };
static u64 gdt[4];
static struct { u16 low, selector; u8 zero, type; u16 high; } idt[48];
typedef struct __attribute__((packed)) { u16 limit; u32 base; } TableRegister;

/* FS covers the module's memory and nothing else: the CPU refuses what lies outside. Limits above 1 MiB count in pages. */
static void descriptors_init(void) {
  u32 base = (u32)memory, pages = MEMORY_SIZE > 0x100000, limit = pages ? (MEMORY_SIZE >> 12) - 1 : MEMORY_SIZE - 1;
  gdt[1] = 0x00cf9b000000ffffull;
  gdt[2] = 0x00cf93000000ffffull;
  u32 low = limit << 16 >> 16 | base << 16, high = (base & 0xff000000) | (pages ? 0x00c00000 : 0x00400000) | (limit & 0xf0000) | 0x9300 | (base >> 16 & 0xff);
  gdt[3] = (u64)high << 32 | low;
  TableRegister g = { sizeof gdt - 1, (u32)gdt };
  asm volatile("lgdt %0" :: "m"(g));
  asm volatile("movw %w0, %%fs" :: "r"(MEMORY));
  for (u32 i = 0; i < 48; i++) {
    u32 at = i < 32 ? (u32)exception_stubs + 16 * i : (u32)interrupt_stubs + 16 * (i - 32);
    idt[i].low = at; idt[i].selector = CODE; idt[i].type = 0x8e; idt[i].high = at >> 16;
  }
  TableRegister t = { sizeof idt - 1, (u32)idt };
  asm volatile("lidt %0" :: "m"(t));
}

/* Two 8259A: lines 0 to 15 at vectors 32 to 47, all closed but the timer and the second controller. */
enum { PIC = 0x20, PIC2 = 0xa0, END_OF_INTERRUPT = 0x20, TIMER_LINE = 0, CASCADE = 2 };
static u16 closed;               /* the mask registers */
static volatile u16 taken;       /* lines that came */
static volatile bool woken;      /* one came since the last poll */

static void mask_lines(void) {
  out8(PIC + 1, closed);
  out8(PIC2 + 1, closed >> 8);
}
static void interrupts_init(void) {
  out8(PIC, 0x11); out8(PIC2, 0x11);
  out8(PIC + 1, 32); out8(PIC2 + 1, 40);
  out8(PIC + 1, 1 << CASCADE); out8(PIC2 + 1, CASCADE);
  out8(PIC + 1, 1); out8(PIC2 + 1, 1);
  closed = (u16)~(1 << TIMER_LINE | 1 << CASCADE);
  mask_lines();
}
static bool own_line(u32 line) { return line == TIMER_LINE || line == CASCADE || line > 15; }
static void line_close(u32 line) {
  if (own_line(line)) return;
  u32 flags = interrupts_off();
  closed |= 1 << line;
  mask_lines();
  interrupts_as(flags);
}
static void line_open(u32 line) {
  if (own_line(line)) return;
  u32 flags = interrupts_off();
  closed &= ~(1 << line);
  mask_lines();
  interrupts_as(flags);
}
static u32 line_taken(u32 line) {
  if (own_line(line)) return 0;
  u32 flags = interrupts_off(), was = taken >> line & 1;
  taken &= ~(1 << line);
  interrupts_as(flags);
  return was;
}
/* Lines 7 and 15 also come when a request went away meanwhile: then they are not in service. */
static bool in_service(u32 line) {
  u32 port = line < 8 ? PIC : PIC2;
  out8(port, 0x0b);
  return in8(port) >> (line & 7) & 1;
}
/* A device's line came: it stays closed until the module has looked at the device. */
static void line_came(u32 line) {
  bool real = (line & 7) != 7 || in_service(line);
  if (real) {
    closed |= 1 << line;
    mask_lines();
    taken |= 1 << line;
    woken = true;
    if (line > 7) out8(PIC2, END_OF_INTERRUPT);
  }
  if (real || line > 7) out8(PIC, END_OF_INTERRUPT);
}
#endif
