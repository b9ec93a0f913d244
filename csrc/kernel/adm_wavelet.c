/* Integer ADM: one level of a separable two-band wavelet, in plain C. */
#include "kernel/adm_levels.h"

static const int16_t low[VP_ADM_TAPS] = {VP_ADM_LOW}, high[VP_ADM_TAPS] = {VP_ADM_HIGH};

/* Samples less the mid value: the high-pass sums do not change, the low-pass ones lose their offset and fit int32_t. */
static inline int32_t centred_sum(const int16_t tap[VP_ADM_TAPS], int32_t u0, int32_t u1, int32_t u2, int32_t u3,
                                  int32_t mid)
{
    return tap[0] * (u0 - mid) + tap[1] * (u1 - mid) + tap[2] * (u2 - mid) + tap[3] * (u3 - mid);
}

static void rows8(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    const uint8_t *r0 = in[0], *r1 = in[1], *r2 = in[2], *r3 = in[3];
    (void)bpc;
    for (int x = 0; x < n; x++) lo[x] = (int16_t)((centred_sum(low, r0[x], r1[x], r2[x], r3[x], 128) + 128) >> 8);
    for (int x = 0; hi && x < n; x++)
        hi[x] = (int16_t)((centred_sum(high, r0[x], r1[x], r2[x], r3[x], 128) + 128) >> 8);
}

static void rows16(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    const uint16_t *r0 = in[0], *r1 = in[1], *r2 = in[2], *r3 = in[3];
    const int32_t mid = 1 << (bpc - 1); /* also the rounding of the shift */
    for (int x = 0; x < n; x++) lo[x] = (int16_t)((centred_sum(low, r0[x], r1[x], r2[x], r3[x], mid) + mid) >> bpc);
    for (int x = 0; hi && x < n; x++)
        hi[x] = (int16_t)((centred_sum(high, r0[x], r1[x], r2[x], r3[x], mid) + mid) >> bpc);
}

static void columns16(const int16_t *in, int16_t *lo, int16_t *hi, int n)
{
    for (int x = 0; x < n; x++) {
        const int16_t *p = in + 2 * x;
        lo[x] = (int16_t)((centred_sum(low, p[0], p[1], p[2], p[3], 0) + 32768) >> 16);
        if (hi) hi[x] = (int16_t)((centred_sum(high, p[0], p[1], p[2], p[3], 0) + 32768) >> 16);
    }
}

static void rows_widen(const int16_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    for (int x = 0; x < n; x++) {
        lo[x] = centred_sum(low, in[0][x], in[1][x], in[2][x], in[3][x], 0);
        if (hi) hi[x] = centred_sum(high, in[0][x], in[1][x], in[2][x], in[3][x], 0);
    }
}

static inline int32_t rounded_sum(const int16_t tap[VP_ADM_TAPS], int64_t u0, int64_t u1, int64_t u2, int64_t u3,
                                  int shift)
{
    const int64_t half = (int64_t)1 << (shift - 1);
    return (int32_t)((tap[0] * u0 + tap[1] * u1 + tap[2] * u2 + tap[3] * u3 + half) >> shift);
}

static void rows32(const int32_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    for (int x = 0; x < n; x++) {
        lo[x] = rounded_sum(low, in[0][x], in[1][x], in[2][x], in[3][x], 16);
        if (hi) hi[x] = rounded_sum(high, in[0][x], in[1][x], in[2][x], in[3][x], 16);
    }
}

static void columns32(const int32_t *in, int shift, int32_t *lo, int32_t *hi, int n)
{
    for (int x = 0; x < n; x++) {
        const int32_t *p = in + 2 * x;
        lo[x] = rounded_sum(low, p[0], p[1], p[2], p[3], shift);
        if (hi) hi[x] = rounded_sum(high, p[0], p[1], p[2], p[3], shift);
    }
}

void vp_adm_wavelet_c(VpAdmKernels *k)
{
    k->wavelet = (VpAdmWaveletKernels){rows8, rows16, columns16, rows_widen, rows32, columns32};
}
