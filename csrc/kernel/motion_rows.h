/* Integer motion for any vector width: included after a vec_<level>.h, once per translation unit. */
#include "kernel/motion.h"
#include "kernel/motion_levels.h"

VP_LEVEL bool VP_NAME(vp_motion_diff8)(const uint8_t *prev, const uint8_t *cur, int w, int16_t *d)
{
    int16_t *const out = d + VP_MOTION_RADIUS;
    V any = v_zero();
    if (w < V16) {
        int seen = 0;
        for (int i = 0; i < w; i++) seen |= out[i] = (int16_t)(prev[i] - cur[i]);
        return seen != 0;
    }
    for (int i = 0;; i += V16) {
        if (i > w - V16) i = w - V16; /* the last vector overlaps the one before it */
        const V v = v_sub16(v_load8(prev + i), v_load8(cur + i));
        v_store(out + i, v);
        any = v_or(any, v);
        if (i == w - V16) break;
    }
    return v_any(any);
}

VP_LEVEL bool VP_NAME(vp_motion_diff16)(const uint16_t *prev, const uint16_t *cur, int w, int16_t *d)
{
    int16_t *const out = d + VP_MOTION_RADIUS;
    V any = v_zero();
    if (w < V16) {
        int seen = 0;
        for (int i = 0; i < w; i++) seen |= out[i] = (int16_t)(prev[i] - cur[i]);
        return seen != 0;
    }
    for (int i = 0;; i += V16) {
        if (i > w - V16) i = w - V16;
        const V v = v_sub16(v_load(prev + i), v_load(cur + i));
        v_store(out + i, v);
        any = v_or(any, v);
        if (i == w - V16) break;
    }
    return v_any(any);
}

/* A pair of taps for v_madd(). */
static inline VP_LEVEL V VP_NAME(taps)(int low, int high)
{
    return v_set32((int)((uint32_t)low | (uint32_t)high << 16));
}
#define TAPS VP_NAME(taps)

/* The vertical pass gives v of 17 bits; it is kept as q = floor(v / 2) and b = v mod 2, both for signed 16-bit
 * multiply-add: (sum f v + 2^15) >> 16 = (sum f q + ((sum f b + 2^15) >> 1)) >> 15, and all of it fits int32. */
static VP_LEVEL void VP_NAME(vertical)(const void *const d[VP_MOTION_TAPS], int n, int bpc, int16_t *q, int16_t *b)
{
    const int16_t *const f = vp_motion_filter;
    const int16_t *const d0 = d[0], *const d1 = d[1], *const d2 = d[2], *const d3 = d[3], *const d4 = d[4];
    const V outer = TAPS(f[0], f[1]), centre = TAPS(f[2], 1 << (bpc - 1)), one = v_set16(1), one32 = v_set32(1);
    const __m128i shift = _mm_cvtsi32_si128(bpc);
    for (int i = 0; i < n; i += V16) {
        const V a = v_add16(v_load(d0 + i), v_load(d4 + i)), c = v_add16(v_load(d1 + i), v_load(d3 + i));
        const V e = v_load(d2 + i);
        const V lo = v_sra32_by(v_dot(v_madd(v_lo16(a, c), outer), v_lo16(e, one), centre), shift);
        const V hi = v_sra32_by(v_dot(v_madd(v_hi16(a, c), outer), v_hi16(e, one), centre), shift);
        v_store(q + i, v_packs32(v_sra32(lo, 1), v_sra32(hi, 1)));
        v_store(b + i, v_packs32(v_and(lo, one32), v_and(hi, one32)));
    }
}

VP_LEVEL uint64_t VP_NAME(vp_motion_row)(const void *const d[VP_MOTION_TAPS], int w, int bpc, int32_t *work)
{
    const int16_t *const f = vp_motion_filter;
    int16_t *const q = (void *)work, *const b = q + w + 2 * VP_MOTION_RADIUS + VP_MOTION_PAD;
    VP_NAME(vertical)(d, w + 2 * VP_MOTION_RADIUS, bpc, q, b);

    /* even and odd outputs use the same pairs of columns */
    const V e0 = TAPS(f[0], f[1]), e1 = TAPS(f[2], f[3]), e2 = TAPS(f[4], 0);
    const V o0 = TAPS(0, f[0]), o1 = TAPS(f[1], f[2]), o2 = TAPS(f[3], f[4]);
    const V round = v_set32(32768);
    uint64_t sum = 0;
    for (int first = 0; first < w; first += 1 << 16) { /* 32-bit lanes hold 65537 values of a row */
        const int n = w - first < 1 << 16 ? w - first : 1 << 16;
        V total = v_zero();
        for (int i = first; i < first + n; i += V16) {
            const V q0 = v_load(q + i), q1 = v_load(q + i + 2), q2 = v_load(q + i + 4);
            const V b0 = v_load(b + i), b1 = v_load(b + i + 2), b2 = v_load(b + i + 4);
            V even = v_sra32(v_dot(v_dot(v_dot(round, b0, e0), b1, e1), b2, e2), 1);
            V odd = v_sra32(v_dot(v_dot(v_dot(round, b0, o0), b1, o1), b2, o2), 1);
            even = v_abs32(v_sra32(v_dot(v_dot(v_dot(even, q0, e0), q1, e1), q2, e2), 15));
            odd = v_abs32(v_sra32(v_dot(v_dot(v_dot(odd, q0, o0), q1, o1), q2, o2), 15));
            const int left = w - i;
            if (left < V16) {
                even = v_first32(even, (left + 1) / 2);
                odd = v_first32(odd, left / 2);
            }
            total = v_add32(total, v_add32(even, odd));
        }
        sum += (uint64_t)v_sum64(v_widen_add64(v_zero(), total));
    }
    return sum;
}
#undef TAPS
