/* The imports of a module (host/ABI.md) with internal linkage, so that the compiler inlines them; comes before the generated header, whose plain
   declarations then mean these. */
#ifndef IMPORTS_H_
#define IMPORTS_H_
#include "wasm-rt.h"
struct w2c_env { int unused; };
static inline void w2c_env_log(struct w2c_env*, uint32_t level, uint32_t p, uint32_t n);
static inline uint32_t w2c_env_entropy(struct w2c_env*, uint32_t p, uint32_t n);
static inline uint32_t w2c_env_store_read(struct w2c_env*, uint32_t p, uint32_t n);
static inline void w2c_env_store_write(struct w2c_env*, uint32_t p, uint32_t n);
static inline uint32_t w2c_env_content_read(struct w2c_env*, uint32_t offset, uint32_t p, uint32_t n);
#endif
