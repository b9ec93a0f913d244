/* Integer ADM: the wavelet with NEON. */
#include "kernel/adm_levels.h"

#if defined(VP_ARM64)
#include <arm_neon.h>

static const int16_t low[VP_ADM_TAPS] = {VP_ADM_LOW}, high[VP_ADM_TAPS] = {VP_ADM_HIGH};

/* The filtered values of four lanes in 16 bits, added to `sum`. */
static inline int32x4_t filter4(int32x4_t sum, const int16x4_t u[VP_ADM_TAPS], const int16_t tap[VP_ADM_TAPS])
{
    for (int k = 0; k < VP_ADM_TAPS; k++) sum = vmlal_n_s16(sum, u[k], tap[k]);
    return sum;
}

/* Eight lanes, shifted and narrowed. */
static inline int16x8_t filter8(int32x4_t add, const int16x8_t u[VP_ADM_TAPS], const int16_t tap[VP_ADM_TAPS],
                                int shift)
{
    const int16x4_t lo[VP_ADM_TAPS] = {vget_low_s16(u[0]), vget_low_s16(u[1]), vget_low_s16(u[2]), vget_low_s16(u[3])};
    const int16x4_t hi[VP_ADM_TAPS] = {vget_high_s16(u[0]), vget_high_s16(u[1]), vget_high_s16(u[2]),
                                       vget_high_s16(u[3])};
    const int32x4_t right = vdupq_n_s32(-shift);
    return vcombine_s16(vmovn_s32(vshlq_s32(filter4(add, lo, tap), right)),
                        vmovn_s32(vshlq_s32(filter4(add, hi, tap), right)));
}

static void rows8(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    (void)bpc;
    /* rounding, and the samples' mid value */
    const int32x4_t add_lo = vdupq_n_s32(128 - 46342 * 128), add_hi = vdupq_n_s32(128);
    for (int at = 0; at < n; at += 8) {
        const int x = at + 8 <= n ? at : n - 8; /* the last ones may be done twice */
        int16x8_t u[VP_ADM_TAPS];
        for (int k = 0; k < VP_ADM_TAPS; k++)
            u[k] = vreinterpretq_s16_u16(vmovl_u8(vld1_u8((const uint8_t *)in[k] + x)));
        vst1q_s16(lo + x, filter8(add_lo, u, low, 8));
        if (hi) vst1q_s16(hi + x, filter8(add_hi, u, high, 8));
    }
}

static void rows16(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    const int32x4_t half = vdupq_n_s32(1 << (bpc - 1));
    const uint16x8_t mid = vdupq_n_u16((uint16_t)(1 << (bpc - 1)));
    for (int at = 0; at < n; at += 8) {
        const int x = at + 8 <= n ? at : n - 8;
        int16x8_t u[VP_ADM_TAPS];
        for (int k = 0; k < VP_ADM_TAPS; k++)
            u[k] = vreinterpretq_s16_u16(vsubq_u16(vld1q_u16((const uint16_t *)in[k] + x), mid));
        vst1q_s16(lo + x, filter8(half, u, low, bpc));
        if (hi) vst1q_s16(hi + x, filter8(half, u, high, bpc));
    }
}

static void columns16(const int16_t *in, int16_t *lo, int16_t *hi, int n)
{
    const int32x4_t half = vdupq_n_s32(32768);
    for (int x = 0; x < n; x += 8) {
        const int16x8x2_t a = vld2q_s16(in + 2 * x), b = vld2q_s16(in + 2 * x + 2);
        const int16x8_t u[VP_ADM_TAPS] = {a.val[0], a.val[1], b.val[0], b.val[1]};
        vst1q_s16(lo + x, filter8(half, u, low, 16));
        if (hi) vst1q_s16(hi + x, filter8(half, u, high, 16));
    }
}

static void rows_widen(const int16_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    for (int x = 0; x < n; x += 4) {
        const int16x4_t u[VP_ADM_TAPS] = {vld1_s16(in[0] + x), vld1_s16(in[1] + x), vld1_s16(in[2] + x),
                                          vld1_s16(in[3] + x)};
        vst1q_s32(lo + x, filter4(vdupq_n_s32(0), u, low));
        if (hi) vst1q_s32(hi + x, filter4(vdupq_n_s32(0), u, high));
    }
}

/* Four lanes in 32 bits, rounded and narrowed. */
static inline int32x4_t filter_wide(const int32x4_t u[VP_ADM_TAPS], const int16_t tap[VP_ADM_TAPS], int shift)
{
    int64x2_t a = vmull_n_s32(vget_low_s32(u[0]), tap[0]), b = vmull_n_s32(vget_high_s32(u[0]), tap[0]);
    for (int k = 1; k < VP_ADM_TAPS; k++) {
        a = vmlal_n_s32(a, vget_low_s32(u[k]), tap[k]);
        b = vmlal_n_s32(b, vget_high_s32(u[k]), tap[k]);
    }
    const int64x2_t right = vdupq_n_s64(-shift);
    return vcombine_s32(vmovn_s64(vrshlq_s64(a, right)), vmovn_s64(vrshlq_s64(b, right)));
}

static void rows32(const int32_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    for (int x = 0; x < n; x += 4) {
        const int32x4_t u[VP_ADM_TAPS] = {vld1q_s32(in[0] + x), vld1q_s32(in[1] + x), vld1q_s32(in[2] + x),
                                          vld1q_s32(in[3] + x)};
        vst1q_s32(lo + x, filter_wide(u, low, 16));
        if (hi) vst1q_s32(hi + x, filter_wide(u, high, 16));
    }
}

static void columns32(const int32_t *in, int shift, int32_t *lo, int32_t *hi, int n)
{
    for (int x = 0; x < n; x += 4) {
        const int32x4x2_t a = vld2q_s32(in + 2 * x), b = vld2q_s32(in + 2 * x + 2);
        const int32x4_t u[VP_ADM_TAPS] = {a.val[0], a.val[1], b.val[0], b.val[1]};
        vst1q_s32(lo + x, filter_wide(u, low, shift));
        if (hi) vst1q_s32(hi + x, filter_wide(u, high, shift));
    }
}

void vp_adm_wavelet_neon(VpAdmKernels *k)
{
    k->wavelet = (VpAdmWaveletKernels){rows8, rows16, columns16, rows_widen, rows32, columns32};
}
#endif
