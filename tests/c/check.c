#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"

uint64_t vp_check_random(VpCheck *t)
{
    /* xorshift64*, Vigna 2016 */
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return t->random * UINT64_C(2685821657736338717);
}

int vp_check_range(VpCheck *t, int low, int high)
{
    return low + (int)((vp_check_random(t) >> 32) % (uint64_t)((int64_t)high - low + 1));
}

static void die(const char *why)
{
    perror(why);
    exit(2);
}

void *vp_check_alloc(VpCheck *t, size_t n, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = n * size;
    const size_t inner = (bytes + page - 1) / page * page;
    if (t->n_blocks == VP_CHECK_BLOCKS) {
        fprintf(stderr, "more than %d blocks without vp_check_free()\n", VP_CHECK_BLOCKS);
        exit(2);
    }
    char *const base = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) die("mmap");
    if (inner && mprotect(base + page, inner, PROT_READ | PROT_WRITE)) die("mprotect");
    t->block[t->n_blocks].base = base;
    t->block[t->n_blocks++].size = inner + 2 * page;
    char *const at = base + page + (vp_check_range(t, 0, 3) ? inner - bytes : 0);
    for (size_t i = 0; i < bytes; i++) at[i] = (char)vp_check_random(t);
    return at;
}

void vp_check_free(VpCheck *t)
{
    while (t->n_blocks) {
        t->n_blocks--;
        munmap(t->block[t->n_blocks].base, t->block[t->n_blocks].size);
    }
}

static unsigned sample(VpCheck *t, unsigned top, VpCheckFill fill, unsigned flat)
{
    const uint64_t r = vp_check_random(t) >> 20;
    switch (fill) {
    case VP_CHECK_LOW: return (unsigned)(r % 4) & top;
    case VP_CHECK_HIGH: return top - ((unsigned)(r % 4) & top);
    case VP_CHECK_EXTREMES: return r & 1 ? top : 0;
    case VP_CHECK_FLAT: return flat;
    default: return (unsigned)r & top;
    }
}

static VpCheckFill pick(VpCheck *t, VpCheckFill fill)
{
    return fill == VP_CHECK_ANY ? (VpCheckFill)vp_check_range(t, VP_CHECK_NOISE, VP_CHECK_FLAT) : fill;
}

uint8_t *vp_check_u8(VpCheck *t, int n, int bits, VpCheckFill fill)
{
    uint8_t *const out = vp_check_alloc(t, (size_t)n, sizeof *out);
    const unsigned top = (1u << bits) - 1, flat = (unsigned)vp_check_random(t) & top;
    fill = pick(t, fill);
    for (int i = 0; i < n; i++) out[i] = (uint8_t)sample(t, top, fill, flat);
    return out;
}

uint16_t *vp_check_u16(VpCheck *t, int n, int bits, VpCheckFill fill)
{
    uint16_t *const out = vp_check_alloc(t, (size_t)n, sizeof *out);
    const unsigned top = (1u << bits) - 1, flat = (unsigned)vp_check_random(t) & top;
    fill = pick(t, fill);
    for (int i = 0; i < n; i++) out[i] = (uint16_t)sample(t, top, fill, flat);
    return out;
}

static void report(VpCheck *t, const char *format, va_list args)
{
    if (t->failed++ >= 20) return;
    printf("%s: ", t->level);
    vprintf(format, args);
}

void vp_check_bytes(VpCheck *t, const void *want, const void *got, size_t bytes, const char *format, ...)
{
    t->compared++;
    if (!memcmp(want, got, bytes)) return;
    const unsigned char *const a = want, *const b = got;
    size_t at = 0;
    while (a[at] == b[at]) at++;
    va_list args;
    va_start(args, format);
    report(t, format, args);
    va_end(args);
    if (t->failed <= 20) printf(": byte %zu of %zu is %d, not %d\n", at, bytes, b[at], a[at]);
}

void vp_check_u64(VpCheck *t, uint64_t want, uint64_t got, const char *format, ...)
{
    t->compared++;
    if (want == got) return;
    va_list args;
    va_start(args, format);
    report(t, format, args);
    va_end(args);
    if (t->failed <= 20) printf(": %llu, not %llu\n", (unsigned long long)got, (unsigned long long)want);
}

static double now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void vp_bench(VpCheck *t, const char *kernel, const char *shape, void (*call)(void *arg), void *arg)
{
    enum { REPEATS = 31 };
    double ns[REPEATS];
    int calls = 1;
    for (double took = 0; took < 2e6; calls *= 2) { /* so that one repetition takes 2 to 4 ms */
        const double start = now_ns();
        for (int i = 0; i < calls; i++) call(arg);
        took = now_ns() - start;
    }
    for (int r = 0; r < REPEATS; r++) {
        const double start = now_ns();
        for (int i = 0; i < calls; i++) call(arg);
        ns[r] = (now_ns() - start) / calls;
    }
    qsort(ns, REPEATS, sizeof ns[0], ascending);
    printf("{\"row\": \"%s/%s\", \"shape\": \"%s\", \"unit\": \"ns/call\", \"min\": %.1f, \"median\": %.1f, "
           "\"q1\": %.1f, \"q3\": %.1f, \"repeats\": %d}\n",
           kernel, t->level, shape, ns[0], ns[REPEATS / 2], ns[REPEATS / 4], ns[3 * REPEATS / 4], REPEATS);
    fflush(stdout);
}

static const struct {
    const char *name;
    unsigned cpu;
} levels[] = {
    {"c", 0},
#if defined(VP_X86)
    {"avx2", VP_CPU_AVX2},
    {"avx512", VP_CPU_AVX2 | VP_CPU_AVX512},
    {"avx512_vnni", VP_CPU_AVX2 | VP_CPU_AVX512 | VP_CPU_AVX512_VNNI},
#elif defined(VP_ARM64)
    {"neon", VP_CPU_NEON},
#endif
};

int main(int argc, char **argv)
{
    const int bench = argc > 1 && !strcmp(argv[1], "--bench");
    unsigned have = vp_cpu_detect();
#if defined(VP_CHECK_EMULATED)
    have |= VP_CPU_AVX512 | VP_CPU_AVX512_VNNI;
#endif
    VpCheck t = {0};
    for (size_t i = !bench; i < sizeof levels / sizeof levels[0]; i++) {
        if (levels[i].cpu & ~have) continue;
        t.level = levels[i].name;
        t.cpu = levels[i].cpu;
        t.compared = 0;
        t.random = UINT64_C(0x9E3779B97F4A7C15); /* the same input for all of them */
        if (bench)
            vp_bench_family(&t);
        else
            vp_check_family(&t);
        vp_check_free(&t);
        if (!bench) printf("%s: %lu comparisons\n", t.level, t.compared);
    }
    return t.failed ? 1 : 0;
}
