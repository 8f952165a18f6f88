/* What the C that wabt 1.0.39's wasm2c writes expects of its runtime, as far as a HydraNet module needs it: one memory of fixed size, no
   exceptions, no growing. Stands in for wabt's own header of this name. */
#ifndef WASM_RT_H_
#define WASM_RT_H_
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define assert(x) ((void)0)
#define wasm_rt_memcpy __builtin_memcpy
#define wasm_rt_unreachable __builtin_unreachable
#define WASM_RT_USE_SEGUE_FOR_THIS_MODULE 0

typedef enum {
  WASM_RT_TRAP_NONE, WASM_RT_TRAP_OOB, WASM_RT_TRAP_INT_OVERFLOW, WASM_RT_TRAP_DIV_BY_ZERO, WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE, WASM_RT_TRAP_CALL_INDIRECT, WASM_RT_TRAP_UNCAUGHT_EXCEPTION, WASM_RT_TRAP_UNALIGNED, WASM_RT_TRAP_EXHAUSTION
} wasm_rt_trap_t;
typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64, WASM_RT_V128, WASM_RT_FUNCREF, WASM_RT_EXTERNREF } wasm_rt_type_t;

typedef const char* wasm_rt_func_type_t;
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct wasm_rt_tailcallee_t { void (*fn)(void**, void*, struct wasm_rt_tailcallee_t*); } wasm_rt_tailcallee_t;
typedef struct { wasm_rt_func_type_t func_type; wasm_rt_function_ptr_t func; wasm_rt_tailcallee_t func_tailcallee; void* module_instance; } wasm_rt_funcref_t;
typedef struct { wasm_rt_funcref_t* data; uint32_t max_size, size; } wasm_rt_funcref_table_t;
typedef void* wasm_rt_externref_t;
typedef struct { wasm_rt_externref_t* data; uint32_t max_size, size; } wasm_rt_externref_table_t;
typedef struct { uint8_t* data; uint64_t pages, max_pages, size; bool is64; } wasm_rt_memory_t;

/* The shim's: says what happened and ends the node. */
__attribute__((noreturn, cold)) void wasm_rt_trap(wasm_rt_trap_t);
static inline bool wasm_rt_is_initialized(void) { return true; }
static inline void wasm_rt_free_memory(wasm_rt_memory_t* m) { (void)m; }
void wasm_rt_allocate_memory(wasm_rt_memory_t*, uint64_t pages, uint64_t max_pages, bool is64, uint32_t page_size);
#endif
