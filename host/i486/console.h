/* Bytes to and from the consoles: a 16550 or older UART, and VGA text with a keyboard. Nothing waits: the timer's interrupt moves what lies in
   the buffers, so no console needs an interrupt line. What the bytes mean is the module's business. */
#ifndef CONSOLE_H_
#define CONSOLE_H_
enum { UART_DATA, UART_INTERRUPTS, UART_FIFO, UART_LINE, UART_MODEM, UART_STATUS, UART_SCRATCH = 7 };
enum { RECEIVED = 1, EMPTY = 0x20 };
enum { OUT_SIZE = 16384, IN_SIZE = 256, COLUMNS = 80, ROWS = 25, KEYS = 0x60, KEY_STATUS = 0x64 };

static u32 uart, fifo;            /* first port, 0: none; bytes that it takes at once */
static bool vga;
static u8 out_buffer[OUT_SIZE], in_buffer[IN_SIZE];
static volatile u32 out_put, out_got, in_put, in_got;
static u32 out_lost, row, column;
static bool shift;

static void uart_init(u32 port) {
  uart = port;
  if (uart == 0) return;
  out8(uart + UART_INTERRUPTS, 0);
  out8(uart + UART_LINE, 0x80);
  out8(uart, 1);                  /* 115,200 bit/s */
  out8(uart + 1, 0);
  out8(uart + UART_LINE, 3);      /* 8 bits, no parity */
  out8(uart + UART_FIFO, 7);
  out8(uart + UART_MODEM, 3);
  fifo = (in8(uart + 2) & 0xc0) == 0xc0 ? 16 : 1;
  if (in8(uart + UART_STATUS) == 0xff) uart = 0;
}
static u16* cell(u32 r, u32 c) { return (u16*)0xb8000 + r * COLUMNS + c; }
static void clear_row(u32 r) { for (u32 c = 0; c < COLUMNS; c++) *cell(r, c) = 0x0720; }
/* Rows are used in a circle with an empty one ahead: scrolling would copy 4,000 bytes over a slow bus for each line. */
static void next_row(void) {
  row = (row + 1) % ROWS;
  column = 0;
  clear_row(row);
  clear_row((row + 1) % ROWS);
}
static void vga_init(void) {
  for (u32 r = 0; r < ROWS; r++) clear_row(r);
  out16(0x3d4, 0x200a);           /* no cursor */
}
static void vga_put(u32 c) {
  if (c == '\n') { next_row(); return; }
  if (c == '\b') { if (column) column--; return; }
  if (c < ' ') return;
  if (column == COLUMNS) next_row();
  *cell(row, column++) = 0x0700 | c;
}
static void console_init(u32 port, bool screen) {
  uart_init(port);
  vga = screen;
  if (vga) vga_init();
}
/* Free bytes of the buffer to the UART. */
static u32 out_room(void) { return OUT_SIZE - (out_put - out_got); }
static void put(u32 c) {
  if (vga) vga_put(c);
  if (uart == 0) return;
  if (out_put - out_got == OUT_SIZE) { out_lost++; return; }
  out_buffer[out_put % OUT_SIZE] = c;
  out_put++;
}
static void say(const char* text) {
  for (; *text; text++) {
    if (*text == '\n') put('\r');
    put(*text);
  }
}
static void say_number(u32 v) {
  char digits[12], *p = digits + 11;
  *p = 0;
  do { *--p = '0' + v % 10; v /= 10; } while (v);
  say(p);
}
static void say_hex(u32 v) { for (int i = 28; i >= 0; i -= 4) put("0123456789abcdef"[v >> i & 15]); }

static void typed(u32 c) {
  if (in_put - in_got == IN_SIZE) return;
  in_buffer[in_put % IN_SIZE] = c;
  in_put++;
  woken = true;
}
static void key(u32 code) {
  static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
  if (code == 0x2a || code == 0x36) shift = true;
  else if (code == 0xaa || code == 0xb6) shift = false;
  else if (code < sizeof plain - 1 && plain[code]) {
    u32 c = plain[code];
    typed(shift && c >= 'a' && c <= 'z' ? c - 32 : c);
  }
}
static void uart_feed(void) {
  if (out_got == out_put || !(in8(uart + UART_STATUS) & EMPTY)) return;
  for (u32 i = 0; i < fifo && out_got != out_put; i++, out_got++) out8(uart, out_buffer[out_got % OUT_SIZE]);
}
/* Each tick. A port without a device reads as ones. */
static void console_tick(void) {
  if (uart) {
    for (u32 i = 0; i < 16 && in8(uart + UART_STATUS) & RECEIVED; i++) typed(in8(uart));
    uart_feed();
  }
  if (vga) {
    u32 s = in8(KEY_STATUS);
    if (s != 0xff && s & 1) { u32 code = in8(KEYS); if (!(s & 0x20)) key(code); }
  }
}
/* Before the node starts anew: all that was said leaves, within a bound. */
static void console_flush(void) {
  for (u32 i = 0; i < 3000000 && uart && out_got != out_put; i++) uart_feed();
}
#endif
