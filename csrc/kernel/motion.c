#include "kernel/motion.h"

#include "base/cpu.h"
#include "base/mem.h"
#include "kernel/motion_levels.h"

const int16_t vp_motion_filter[VP_MOTION_TAPS] = {3571, 16004, 26386, 16004, 3571};

static bool diff8_c(const uint8_t *prev, const uint8_t *cur, int w, int16_t *d)
{
    int any = 0;
    for (int i = 0; i < w; i++) {
        const int16_t v = (int16_t)(prev[i] - cur[i]);
        d[VP_MOTION_RADIUS + i] = v;
        any |= v;
    }
    return any != 0;
}

static bool diff16_c(const uint16_t *prev, const uint16_t *cur, int w, int16_t *d)
{
    int any = 0;
    for (int i = 0; i < w; i++) {
        const int16_t v = (int16_t)(prev[i] - cur[i]);
        d[VP_MOTION_RADIUS + i] = v;
        any |= v;
    }
    return any != 0;
}

static bool diff_wide_c(const uint16_t *prev, const uint16_t *cur, int w, int32_t *d)
{
    int any = 0;
    for (int i = 0; i < w; i++) {
        const int v = prev[i] - cur[i];
        d[VP_MOTION_RADIUS + i] = v;
        any |= v;
    }
    return any != 0;
}

/* The horizontal pass over w columns; v: the leftmost sample under the filter of the first. */
static uint64_t sum_row(const int32_t *v, int w)
{
    const int16_t *const f = vp_motion_filter;
    uint64_t sum = 0;
    for (int i = 0; i < w; i++) {
        const int64_t o = (f[0] * ((int64_t)v[i] + v[i + 4]) + f[1] * ((int64_t)v[i + 1] + v[i + 3]) +
                           f[2] * (int64_t)v[i + 2] + 32768) >>
                          16;
        sum += (uint64_t)(o < 0 ? -o : o);
    }
    return sum;
}

static uint64_t row_c(const void *const d[VP_MOTION_TAPS], int w, int bpc, int32_t *work)
{
    const int16_t *const f = vp_motion_filter;
    const int16_t *const a = d[0], *const b = d[1], *const c = d[2], *const e = d[3], *const g = d[4];
    const int32_t round = 1 << (bpc - 1);
    for (int i = 0; i < w + 2 * VP_MOTION_RADIUS; i++)
        work[i] = (f[0] * (a[i] + g[i]) + f[1] * (b[i] + e[i]) + f[2] * (int32_t)c[i] + round) >> bpc;
    return sum_row(work, w);
}

static uint64_t row_wide_c(const void *const d[VP_MOTION_TAPS], int w, int bpc, int32_t *work)
{
    const int16_t *const f = vp_motion_filter;
    const int32_t *const a = d[0], *const b = d[1], *const c = d[2], *const e = d[3], *const g = d[4];
    const int64_t round = 1 << (bpc - 1);
    for (int i = 0; i < w + 2 * VP_MOTION_RADIUS; i++)
        work[i] = (int32_t)((f[0] * ((int64_t)a[i] + g[i]) + f[1] * ((int64_t)b[i] + e[i]) + f[2] * (int64_t)c[i] +
                             round) >>
                            bpc);
    return sum_row(work, w);
}

void vp_motion_kernels_init(VpMotionKernels *k, unsigned cpu)
{
    *k = (VpMotionKernels){
        .diff8 = diff8_c,
        .diff16 = diff16_c,
        .diff_wide = diff_wide_c,
        .row = row_c,
        .row_wide = row_wide_c,
    };
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) {
        k->diff8 = vp_motion_diff8_avx2;
        k->diff16 = vp_motion_diff16_avx2;
        k->row = vp_motion_row_avx2;
    }
    if (cpu & VP_CPU_AVX512) {
        k->diff8 = vp_motion_diff8_avx512;
        k->diff16 = vp_motion_diff16_avx512;
        k->row = vp_motion_row_avx512;
    }
    if (cpu & VP_CPU_AVX512_VNNI) k->row = vp_motion_row_avx512_vnni;
#endif
#if defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) {
        k->diff8 = vp_motion_diff8_neon;
        k->diff16 = vp_motion_diff16_neon;
        k->row = vp_motion_row_neon;
    }
#endif
    (void)cpu;
}

static size_t row_entries(int w)
{
    const size_t n = (size_t)w + 2 * VP_MOTION_RADIUS + VP_MOTION_PAD;
    return (n + VP_ALIGN - 1) / VP_ALIGN * VP_ALIGN;
}

size_t vp_motion_memory(int w)
{
    return (VP_MOTION_TAPS + 1) * row_entries(w) * sizeof(int32_t);
}

static int reflect(int i, int n)
{
    return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
}

/* Row y of the difference into its slot, reflected columns included; is any of it not 0? */
static bool diff_row(const VpMotionKernels *k, const VpPlane *prev, const VpPlane *cur, int bpc, int y, int32_t *row)
{
    const void *const a = vp_row(prev, y), *const b = vp_row(cur, y);
    const int w = prev->w, last = VP_MOTION_RADIUS + w - 1;
    if (bpc > 14) {
        const bool any = k->diff_wide(a, b, w, row);
        for (int i = 1; i <= VP_MOTION_RADIUS; i++) {
            row[VP_MOTION_RADIUS - i] = row[VP_MOTION_RADIUS + i];
            row[last + i] = row[last - i];
        }
        return any;
    }
    int16_t *const narrow = (int16_t *)row;
    const bool any = bpc == 8 ? k->diff8(a, b, w, narrow) : k->diff16(a, b, w, narrow);
    for (int i = 1; i <= VP_MOTION_RADIUS; i++) {
        narrow[VP_MOTION_RADIUS - i] = narrow[VP_MOTION_RADIUS + i];
        narrow[last + i] = narrow[last - i];
    }
    return any;
}

uint64_t vp_motion_sad(const VpMotionKernels *k, const VpPlane *prev, const VpPlane *cur, int bpc, void *memory)
{
    const int w = prev->w, h = prev->h;
    int32_t *const ring = memory; /* row y of the difference is in slot y % 5 */
    const size_t slot = row_entries(w);
    int32_t *const work = ring + VP_MOTION_TAPS * slot;
    bool any[VP_MOTION_TAPS];
    uint64_t sum = 0;
    for (int y = 0, next = 0; y < h; y++) {
        for (; next < h && next <= y + VP_MOTION_RADIUS; next++) {
            const int s = next % VP_MOTION_TAPS;
            any[s] = diff_row(k, prev, cur, bpc, next, ring + (size_t)s * slot);
        }
        const void *d[VP_MOTION_TAPS];
        bool still = true; /* five rows of zeros filter to zeros */
        for (int i = 0; i < VP_MOTION_TAPS; i++) {
            const int s = reflect(y - VP_MOTION_RADIUS + i, h) % VP_MOTION_TAPS;
            d[i] = ring + (size_t)s * slot;
            still &= !any[s];
        }
        if (still) continue;
        sum += bpc > 14 ? k->row_wide(d, w, bpc, work) : k->row(d, w, bpc, work);
    }
    return sum;
}
