/* What one core of this machine can do at most, level by level: bytes read from each kind of memory, and terms
 * `sum += x * y` of 16-bit integers, floats and doubles (not fused). Timed by the harness of the kernel checks; the
 * shape of each row says how many bytes or terms one call has. Plain C stands for vectors of 16 bytes, which the
 * compiler uses unasked. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/mem.h"

enum { CEILING_ROUNDS = 4096 };

typedef struct Ceilings {
    uint64_t (*read)(const void *from, size_t bytes);
    double (*sum[3])(void);
    int bytes; /* of a vector */
} Ceilings;

#if defined(VP_X86)
#include <immintrin.h>
#define OPAQUE(x) "+x"(x)
#define LANES_NAME(x) sse2_##x
#define LANES_TARGET
#define LANES_BYTES 16
#define LANES_PAIRS(a, b) (sse2_Ints) _mm_madd_epi16((__m128i)(a), (__m128i)(b))
#include "ceilings_lanes.h"
#define LANES_NAME(x) avx2_##x
#define LANES_TARGET VP_AVX2
#define LANES_BYTES 32
#define LANES_PAIRS(a, b) (avx2_Ints) _mm256_madd_epi16((__m256i)(a), (__m256i)(b))
#include "ceilings_lanes.h"
#undef OPAQUE
#define OPAQUE(x) "+v"(x)
#define LANES_NAME(x) avx512_##x
#define LANES_TARGET VP_AVX512
#define LANES_BYTES 64
#define LANES_PAIRS(a, b) (avx512_Ints) _mm512_madd_epi16((__m512i)(a), (__m512i)(b))
#include "ceilings_lanes.h"
#else
#define OPAQUE(x) "+w"(x)
#define LANES_NAME(x) plain_##x
#define LANES_TARGET
#define LANES_BYTES 16
#if defined(VP_ARM64)
#include <arm_neon.h>
#define LANES_PAIRS(a, b)                                                                      \
    (plain_Ints) vmlal_high_s16(vmull_s16(vget_low_s16((int16x8_t)(a)), vget_low_s16((int16x8_t)(b))), \
                                (int16x8_t)(a), (int16x8_t)(b))
#else
#define LANES_PAIRS(a, b) ((a) * (b)) /* half as many terms as counted; no such machine is supported */
#endif
#include "ceilings_lanes.h"
#endif

typedef struct Bench {
    const Ceilings *c;
    const void *from;
    size_t bytes;
    int kind;
    double sink;
} Bench;

static void call_read(void *arg)
{
    Bench *const b = arg;
    b->sink += (double)(b->c->read(b->from, b->bytes) & 1);
}

static void call_sum(void *arg)
{
    Bench *const b = arg;
    b->sink += b->c->sum[b->kind]();
}

void vp_check_family(VpCheck *t)
{
    (void)t; /* nothing here has a right answer */
}

void vp_bench_family(VpCheck *t)
{
    static const struct {
        const char *name;
        size_t bytes;
    } memory[] = {
        {"read/L1", 16u << 10},
        {"read/L2", 256u << 10},
        {"read/L3", 6u << 20},
        {"read/DRAM", 256u << 20},
    };
    static const char *const names[] = {"terms/int16", "terms/f32", "terms/f64"};
    static const int lane[] = {2, 4, 8};
#if defined(VP_X86)
    const Ceilings *const c = t->cpu & VP_CPU_AVX512 ? &avx512_ceilings : t->cpu & VP_CPU_AVX2 ? &avx2_ceilings : &sse2_ceilings;
#else
    const Ceilings *const c = &plain_ceilings;
#endif
    Bench b = {.c = c};
    char shape[64];
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
        b.bytes = memory[i].bytes;
        void *const block = vp_alloc(b.bytes, 1);
        if (!block) exit(2);
        for (size_t k = 0; k < b.bytes; k += 64) ((char *)block)[k] = (char)k;
        b.from = block;
        snprintf(shape, sizeof shape, "bytes=%zu", b.bytes);
        vp_bench(t, memory[i].name, shape, call_read, &b);
        vp_free(block);
    }
    for (b.kind = 0; b.kind < 3; b.kind++) {
        snprintf(shape, sizeof shape, "terms=%d", CEILING_ROUNDS * 8 * c->bytes / lane[b.kind]);
        vp_bench(t, names[b.kind], shape, call_sum, &b);
    }
}
