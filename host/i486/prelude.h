/* Takes the place of the constant text that wasm2c writes before a module: how its loads, stores and operators become C.
   The including file defines MEMORY_SIZE (bytes) and `memory`, the linear memory. With MEMORY_BY_FS, loads and stores go by the segment
   register FS, whose descriptor has the memory's base and limit: the CPU checks each of them. Without, nothing is checked (measuring). */
#define TRAP(x) (wasm_rt_trap(WASM_RT_TRAP_##x), 0)
#define UNREACHABLE TRAP(UNREACHABLE)
#define FUNC_PROLOGUE
#define FUNC_EPILOGUE

#ifdef MEMORY_BY_FS
#define AT(type, a) ((__seg_fs unaligned_##type*)(u32)(a))
#else
#define AT(type, a) ((unaligned_##type*)(memory + (u32)(a)))
#endif

#define UNALIGNED(t) typedef t __attribute__((may_alias, aligned(1))) unaligned_##t
UNALIGNED(u8); UNALIGNED(u16); UNALIGNED(u32); UNALIGNED(u64); UNALIGNED(s8); UNALIGNED(s16); UNALIGNED(s32); UNALIGNED(s64);
#define INLINE static inline __attribute__((always_inline))
#define LOAD(name, in, widened, out) INLINE out name##_default32(wasm_rt_memory_t* m, u64 a) { (void)m; return (out)(widened)*AT(in, a); }
#define STORE(name, out, in) INLINE void name##_default32(wasm_rt_memory_t* m, u64 a, in v) { (void)m; *AT(out, a) = (out)v; }
LOAD(i32_load, u32, u32, u32)
LOAD(i64_load, u64, u64, u64)
LOAD(i32_load8_s, s8, s32, u32)
LOAD(i64_load8_s, s8, s64, u64)
LOAD(i32_load8_u, u8, u32, u32)
LOAD(i64_load8_u, u8, u64, u64)
LOAD(i32_load16_s, s16, s32, u32)
LOAD(i64_load16_s, s16, s64, u64)
LOAD(i32_load16_u, u16, u32, u32)
LOAD(i64_load16_u, u16, u64, u64)
LOAD(i64_load32_s, s32, s64, u64)
LOAD(i64_load32_u, u32, u64, u64)
STORE(i32_store, u32, u32)
STORE(i64_store, u64, u64)
STORE(i32_store8, u8, u32)
STORE(i32_store16, u16, u32)
STORE(i64_store8, u8, u64)
STORE(i64_store16, u16, u64)
STORE(i64_store32, u32, u64)

/* String instructions take their target by ES, which no prefix overrides: these check by themselves. */
#define RANGE(a, n) do { if (UNLIKELY((u32)(n) > MEMORY_SIZE || (u32)(a) > MEMORY_SIZE - (u32)(n))) TRAP(OOB); } while (0)
static inline void memory_fill(wasm_rt_memory_t* m, u64 to, u32 value, u64 length) {
  (void)m;
  RANGE(to, length);
  u8* p = memory + (u32)to;
  u32 n = length;
  asm volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(value) : "memory");
}
static inline void memory_copy(wasm_rt_memory_t* m, const wasm_rt_memory_t* m2, u64 to, u64 from, u64 length) {
  (void)m; (void)m2;
  RANGE(to, length);
  RANGE(from, length);
  u8* p = memory + (u32)to;
  const u8* q = memory + (u32)from;
  u32 n = (u32)length >> 2;
  if ((u32)to - (u32)from >= (u32)length) {
    asm volatile("rep movsl" : "+D"(p), "+S"(q), "+c"(n) :: "memory");
    n = length & 3;
    asm volatile("rep movsb" : "+D"(p), "+S"(q), "+c"(n) :: "memory");
  } else {
    p += (u32)length - 1;
    q += (u32)length - 1;
    n = length;
    asm volatile("std; rep movsb; cld" : "+D"(p), "+S"(q), "+c"(n) :: "memory");
  }
}
#define LOAD_DATA(m, o, i, s) do { RANGE(o, s); __builtin_memcpy(memory + (o), i, s); } while (0)

#define I32_CLZ(x) ((x) ? __builtin_clz(x) : 32)
#define I32_CTZ(x) ((x) ? __builtin_ctz(x) : 32)
static inline u32 I32_POPCNT(u32 x) {
  x -= x >> 1 & 0x55555555;
  x = (x & 0x33333333) + (x >> 2 & 0x33333333);
  return ((x + (x >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
}
#define DIVIDE(type, least, x, y, op, wrapped) \
  ((UNLIKELY((y) == 0)) ? TRAP(DIV_BY_ZERO) : (UNLIKELY((x) == least && (y) == -1)) ? (wrapped) : (type)((x) op (y)))
#define I32_DIV_S(x, y) DIVIDE(u32, INT32_MIN, (s32)x, (s32)y, /, TRAP(INT_OVERFLOW))
#define I32_REM_S(x, y) DIVIDE(u32, INT32_MIN, (s32)x, (s32)y, %, 0)
#define DIV_U(x, y) ((UNLIKELY((y) == 0)) ? TRAP(DIV_BY_ZERO) : ((x) / (y)))
#define REM_U(x, y) ((UNLIKELY((y) == 0)) ? TRAP(DIV_BY_ZERO) : ((x) % (y)))
#define ROTL(x, y, mask) (((x) << ((y) & (mask))) | ((x) >> (((mask) - (y) + 1) & (mask))))
#define ROTR(x, y, mask) (((x) >> ((y) & (mask))) | ((x) << (((mask) - (y) + 1) & (mask))))
#define I32_ROTL(x, y) ROTL(x, y, 31)
#define I32_ROTR(x, y) ROTR(x, y, 31)
#define I64_ROTL(x, y) ROTL(x, y, 63)
#define I64_ROTR(x, y) ROTR(x, y, 63)

#define FUNC_TYPE_T(x) static const char x[]
#define CALL_INDIRECT(table, t, ft, x, ...) \
  (LIKELY((x) < (table).size && (table).data[x].func_type == (ft)) || TRAP(CALL_INDIRECT), ((t)(table).data[x].func)(__VA_ARGS__))
