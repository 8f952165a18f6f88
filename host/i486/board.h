/* The imports of a board's module beside those of every module (host/ABI.md), with internal linkage; comes before the generated header. */
#ifndef BOARD_H_
#define BOARD_H_
#include "imports.h"
#define IMPORT(result, name, ...) static inline result w2c_env_##name(struct w2c_env*, ##__VA_ARGS__)
IMPORT(uint32_t, in8, uint32_t port);
IMPORT(uint32_t, in16, uint32_t port);
IMPORT(uint32_t, in32, uint32_t port);
IMPORT(void, out8, uint32_t port, uint32_t v);
IMPORT(void, out16, uint32_t port, uint32_t v);
IMPORT(void, out32, uint32_t port, uint32_t v);
IMPORT(void, ins16, uint32_t port, uint32_t p, uint32_t n);
IMPORT(void, ins32, uint32_t port, uint32_t p, uint32_t n);
IMPORT(void, outs16, uint32_t port, uint32_t p, uint32_t n);
IMPORT(void, outs32, uint32_t port, uint32_t p, uint32_t n);
IMPORT(uint32_t, dma_address, uint32_t p, uint32_t n);
IMPORT(void, barrier);
IMPORT(void, irq_open, uint32_t line);
IMPORT(void, irq_close, uint32_t line);
IMPORT(uint32_t, irq_taken, uint32_t line);
IMPORT(uint64_t, now);
IMPORT(uint32_t, console_write, uint32_t p, uint32_t n);
IMPORT(uint32_t, console_read, uint32_t p, uint32_t n);
IMPORT(uint32_t, board, uint32_t p, uint32_t n);
IMPORT(void, restart);
#endif
