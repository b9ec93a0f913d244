#include "base/cpu.h"

#if defined(VP_ARM64)
#include <arm_neon.h>
#include <stdlib.h>

#include "kernel/motion.h"
#include "kernel/motion_levels.h"

bool vp_motion_diff8_neon(const uint8_t *prev, const uint8_t *cur, int w, int16_t *d)
{
    int16_t *const out = d + VP_MOTION_RADIUS;
    uint16x8_t any = vdupq_n_u16(0);
    int i = 0, seen = 0;
    for (; i + 16 <= w; i += 16) {
        const uint8x16_t a = vld1q_u8(prev + i), b = vld1q_u8(cur + i);
        const uint16x8_t lo = vsubl_u8(vget_low_u8(a), vget_low_u8(b)), hi = vsubl_high_u8(a, b);
        vst1q_s16(out + i, vreinterpretq_s16_u16(lo));
        vst1q_s16(out + i + 8, vreinterpretq_s16_u16(hi));
        any = vorrq_u16(any, vorrq_u16(lo, hi));
    }
    for (; i < w; i++) seen |= out[i] = (int16_t)(prev[i] - cur[i]);
    return seen || vmaxvq_u16(any);
}

bool vp_motion_diff16_neon(const uint16_t *prev, const uint16_t *cur, int w, int16_t *d)
{
    int16_t *const out = d + VP_MOTION_RADIUS;
    uint16x8_t any = vdupq_n_u16(0);
    int i = 0, seen = 0;
    for (; i + 8 <= w; i += 8) {
        const uint16x8_t v = vsubq_u16(vld1q_u16(prev + i), vld1q_u16(cur + i));
        vst1q_s16(out + i, vreinterpretq_s16_u16(v));
        any = vorrq_u16(any, v);
    }
    for (; i < w; i++) seen |= out[i] = (int16_t)(prev[i] - cur[i]);
    return seen || vmaxvq_u16(any);
}

/* n columns, and up to seven more: 17 bits. */
static void vertical(const void *const d[VP_MOTION_TAPS], int n, int bpc, int32_t *v)
{
    const int16_t *const f = vp_motion_filter;
    const int16_t f0 = f[0], f1 = f[1], f2 = f[2];
    const int16_t *const d0 = d[0], *const d1 = d[1], *const d2 = d[2], *const d3 = d[3], *const d4 = d[4];
    const int32x4_t right = vdupq_n_s32(-bpc);
    for (int i = 0; i < n; i += 8) {
        const int16x8_t a = vaddq_s16(vld1q_s16(d0 + i), vld1q_s16(d4 + i));
        const int16x8_t b = vaddq_s16(vld1q_s16(d1 + i), vld1q_s16(d3 + i)), c = vld1q_s16(d2 + i);
        int32x4_t lo = vmull_n_s16(vget_low_s16(a), f0), hi = vmull_high_n_s16(a, f0);
        lo = vmlal_n_s16(lo, vget_low_s16(b), f1);
        hi = vmlal_high_n_s16(hi, b, f1);
        lo = vmlal_n_s16(lo, vget_low_s16(c), f2);
        hi = vmlal_high_n_s16(hi, c, f2);
        vst1q_s32(v + i, vrshlq_s32(lo, right));
        vst1q_s32(v + i + 4, vrshlq_s32(hi, right));
    }
}

/* The horizontal pass needs 34 bits. */
uint64_t vp_motion_row_neon(const void *const d[VP_MOTION_TAPS], int w, int bpc, int32_t *work)
{
    const int32_t f0 = vp_motion_filter[0], f1 = vp_motion_filter[1], f2 = vp_motion_filter[2];
    vertical(d, w + 2 * VP_MOTION_RADIUS, bpc, work);
    uint64x2_t total = vdupq_n_u64(0);
    int i = 0;
    for (; i + 4 <= w; i += 4) {
        const int32_t *const v = work + i;
        const int32x4_t a = vaddq_s32(vld1q_s32(v), vld1q_s32(v + 4));
        const int32x4_t b = vaddq_s32(vld1q_s32(v + 1), vld1q_s32(v + 3)), c = vld1q_s32(v + 2);
        int64x2_t lo = vmull_n_s32(vget_low_s32(a), f0), hi = vmull_high_n_s32(a, f0);
        lo = vmlal_n_s32(lo, vget_low_s32(b), f1);
        hi = vmlal_high_n_s32(hi, b, f1);
        lo = vmlal_n_s32(lo, vget_low_s32(c), f2);
        hi = vmlal_high_n_s32(hi, c, f2);
        const int32x4_t o = vrshrn_high_n_s64(vrshrn_n_s64(lo, 16), hi, 16);
        total = vpadalq_u32(total, vreinterpretq_u32_s32(vabsq_s32(o)));
    }
    uint64_t sum = vaddvq_u64(total);
    for (; i < w; i++) {
        const int32_t *const v = work + i;
        const int64_t o = f0 * ((int64_t)v[0] + v[4]) + f1 * ((int64_t)v[1] + v[3]) + f2 * (int64_t)v[2];
        sum += (uint64_t)llabs((o + 32768) >> 16);
    }
    return sum;
}
#endif
