/* Integer ADM: decoupling with NEON. */
#include "kernel/adm_levels.h"

#if defined(VP_ARM64)
#include <arm_neon.h>

/* The test of vp_adm_is_close() of two positions, of what has been rounded to float. */
static inline uint64x2_t close_doubles(float64x2_t dp, float64x2_t om, float64x2_t tm)
{
    const float64x2_t w = vmulq_f64(vmulq_n_f64(om, (double)VP_ADM_COS2), tm);
    return vandq_u64(vcgeq_f64(vmulq_f64(dp, dp), w), vcgezq_f64(dp));
}

/* Of four positions. */
static inline uint32x4_t close4(int16x4_t oh, int16x4_t ov, int16x4_t th, int16x4_t tv)
{
    const float32x4_t dp = vcvtq_f32_s32(vmlal_s16(vmull_s16(oh, th), ov, tv));
    const float32x4_t om = vcvtq_f32_s32(vmlal_s16(vmull_s16(oh, oh), ov, ov));
    const float32x4_t tm = vcvtq_f32_s32(vmlal_s16(vmull_s16(th, th), tv, tv));
    const uint64x2_t lo = close_doubles(vcvt_f64_f32(vget_low_f32(dp)), vcvt_f64_f32(vget_low_f32(om)),
                                        vcvt_f64_f32(vget_low_f32(tm)));
    const uint64x2_t hi = close_doubles(vcvt_high_f64_f32(dp), vcvt_high_f64_f32(om), vcvt_high_f64_f32(tm));
    return vcombine_u32(vmovn_u64(lo), vmovn_u64(hi));
}

/* The integer quotient 2^30 / q, for q = 1 .. 32768; anything for 0.
 * The quotient c of floats is off by 32 / q and one at most. What is left over, 2^30 - c q, is exact, small, and no
 * multiple of q unless it is 0: so its own quotient, inexact as it is, has the right floor. */
static inline uint32x4_t reciprocal(uint32x4_t q)
{
    const float32x4_t quotient = vdivq_f32(vdupq_n_f32(0x1p30f), vcvtq_f32_u32(q));
    const uint32x4_t c = vcvtq_u32_f32(quotient);
    const int32x4_t left = vreinterpretq_s32_u32(vmlsq_u32(vdupq_n_u32(1u << 30), c, q));
    const float32x4_t more = vmulq_f32(vcvtq_f32_s32(left), vmulq_n_f32(quotient, 0x1p-30f));
    return vaddq_u32(c, vreinterpretq_u32_s32(vcvtmq_s32_f32(more)));
}

/* t within 0 and |o|: the product is 2^30 at most. */
static inline uint16x4_t ratio_inside(uint16x4_t size, uint16x4_t t)
{
    return vrshrn_n_u32(vmulq_u32(reciprocal(vmovl_u16(size)), vmovl_u16(t)), 15);
}

static inline int16x8_t restored16(int16x8_t o, int16x8_t t)
{
    const int16x8_t size = vabsq_s16(o), along = vbslq_s16(vcltzq_s16(o), vnegq_s16(t), t);
    const uint16x8_t inside = vreinterpretq_u16_s16(vminq_s16(vmaxq_s16(along, vdupq_n_s16(0)), size));
    const uint16x8_t usize = vreinterpretq_u16_s16(size);
    const uint16x8_t k = vcombine_u16(ratio_inside(vget_low_u16(usize), vget_low_u16(inside)),
                                      ratio_inside(vget_high_u16(usize), vget_high_u16(inside)));
    /* a ratio of 32768, one, is no int16_t: the result is o */
    const uint16x8_t whole = vorrq_u16(vcgtq_s16(along, size), vceqq_u16(k, vdupq_n_u16(32768)));
    return vbslq_s16(whole, o, vqrdmulhq_s16(vreinterpretq_s16_u16(k), o));
}

static void restore16(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                      void *const r[VP_ADM_BANDS], void *close, int n)
{
    const int16_t *oh = o[VP_ADM_H], *ov = o[VP_ADM_V], *th = t[VP_ADM_H], *tv = t[VP_ADM_V];
    for (int x = 0; x < n; x += 8) {
        const uint32x4_t lo = close4(vld1_s16(oh + x), vld1_s16(ov + x), vld1_s16(th + x), vld1_s16(tv + x));
        const uint32x4_t hi =
            close4(vld1_s16(oh + x + 4), vld1_s16(ov + x + 4), vld1_s16(th + x + 4), vld1_s16(tv + x + 4));
        vst1q_u16((uint16_t *)close + x, vcombine_u16(vmovn_u32(lo), vmovn_u32(hi)));
    }
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 8)
            vst1q_s16((int16_t *)r[b] + x,
                      restored16(vld1q_s16((const int16_t *)o[b] + x), vld1q_s16((const int16_t *)t[b] + x)));
}

/* Two positions in doubles: sure unless the two sides are within 2^-21 of one another. What is rounded here and what
 * the definition rounds move neither by half of that; 0 on the right is exact, and so is the left then. */
static inline uint64x2_t close2(int32x2_t oh, int32x2_t ov, int32x2_t th, int32x2_t tv, uint64x2_t *unsure)
{
    const float64x2_t dp = vcvtq_f64_s64(vmlal_s32(vmull_s32(oh, th), ov, tv));
    const float64x2_t om = vcvtq_f64_s64(vmlal_s32(vmull_s32(oh, oh), ov, ov));
    const float64x2_t tm = vcvtq_f64_s64(vmlal_s32(vmull_s32(th, th), tv, tv));
    const float64x2_t w = vmulq_f64(vmulq_n_f64(om, (double)VP_ADM_COS2), tm);
    *unsure = vcltq_f64(vabdq_f64(vmulq_f64(dp, dp), w), vmulq_n_f64(w, 0x1p-21));
    return close_doubles(dp, om, tm);
}

static void close32(const int32_t *oh, const int32_t *ov, const int32_t *th, const int32_t *tv, int n, int32_t *out)
{
    for (int x = 0; x < n; x += 2) {
        uint64x2_t unsure;
        const uint64x2_t close =
            close2(vld1_s32(oh + x), vld1_s32(ov + x), vld1_s32(th + x), vld1_s32(tv + x), &unsure);
        vst1_s32(out + x, vreinterpret_s32_u32(vmovn_u64(close)));
        if (!vmaxvq_u32(vreinterpretq_u32_u64(unsure))) continue;
        for (int i = x; i < x + 2 && i < n; i++) out[i] = -vp_adm_is_close(oh[i], ov[i], th[i], tv[i]);
    }
}

static inline int32x4_t restored32(int32x4_t o, int32x4_t t)
{
    const uint32x4_t size = vreinterpretq_u32_s32(vabsq_s32(o));
    const int32x4_t toward = vmaxq_s32(vbslq_s32(vcltzq_s32(o), vnegq_s32(t), t), vdupq_n_s32(0));
    /* twice o gives a ratio above one, as all beyond it does; o = 0 gives 0 */
    const uint32x4_t along = vminq_u32(vreinterpretq_u32_s32(toward), vaddq_u32(size, size));
    /* e: how many bits above 15 there are */
    const int32x4_t bits = vsubq_s32(vdupq_n_s32(17), vreinterpretq_s32_u32(vclzq_u32(size)));
    const int32x4_t e = vmaxq_s32(bits, vdupq_n_s32(0));
    const uint32x4_t inverse = reciprocal(vrshlq_u32(size, vnegq_s32(e)));
    const int32x4_t right = vsubq_s32(vdupq_n_s32(-15), e);
    const uint64x2_t lo = vrshlq_u64(vmull_u32(vget_low_u32(inverse), vget_low_u32(along)),
                                     vmovl_s32(vget_low_s32(right)));
    const uint64x2_t hi = vrshlq_u64(vmull_high_u32(inverse, along), vmovl_high_s32(right));
    const uint32x4_t k = vminq_u32(vcombine_u32(vmovn_u64(lo), vmovn_u64(hi)), vdupq_n_u32(32768));
    const int32x4_t sk = vreinterpretq_s32_u32(k);
    return vcombine_s32(vrshrn_n_s64(vmull_s32(vget_low_s32(sk), vget_low_s32(o)), 15),
                        vrshrn_n_s64(vmull_high_s32(sk, o), 15));
}

static void restore32(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                      void *const r[VP_ADM_BANDS], void *close, int n)
{
    close32(o[VP_ADM_H], o[VP_ADM_V], t[VP_ADM_H], t[VP_ADM_V], n, close);
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 4)
            vst1q_s32((int32_t *)r[b] + x,
                      restored32(vld1q_s32((const int32_t *)o[b] + x), vld1q_s32((const int32_t *)t[b] + x)));
}

/* Whole gains only: the magnitude times the gain, kept from wrapping, where everything so large is beyond t. */
static void limit16(const void *const restored[VP_ADM_BANDS], const void *close, const void *const t[VP_ADM_BANDS],
                    double gain, void *const r[VP_ADM_BANDS], void *const a[VP_ADM_BANDS], int n)
{
    const int whole = (int)gain;
    if (whole != gain) {
        vp_adm_limit16_c(restored, close, t, gain, r, a, n);
        return;
    }
    const uint16x8_t most = vdupq_n_u16((uint16_t)(65535 / whole));
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 8) {
            const int16x8_t in = vld1q_s16((const int16_t *)restored[b] + x), tb = vld1q_s16((const int16_t *)t[b] + x);
            const uint16x8_t size = vreinterpretq_u16_s16(vabsq_s16(in));
            const uint16x8_t gained = vmulq_n_u16(vminq_u16(size, most), (uint16_t)whole);
            const int16x8_t limited =
                vreinterpretq_s16_u16(vminq_u16(gained, vreinterpretq_u16_s16(vabsq_s16(tb))));
            const int16x8_t with_sign = vbslq_s16(vcltzq_s16(in), vnegq_s16(limited), limited);
            const int16x8_t out = vbslq_s16(vld1q_u16((const uint16_t *)close + x), with_sign, in);
            vst1q_s16((int16_t *)r[b] + x, out);
            vst1q_s16((int16_t *)a[b] + x, vsubq_s16(tb, out));
        }
}

static void limit32(const void *const restored[VP_ADM_BANDS], const void *close, const void *const t[VP_ADM_BANDS],
                    double gain, void *const r[VP_ADM_BANDS], void *const a[VP_ADM_BANDS], int n)
{
    const int whole = (int)gain;
    if (whole != gain) {
        vp_adm_limit32_c(restored, close, t, gain, r, a, n);
        return;
    }
    const uint32x4_t most = vdupq_n_u32(UINT32_MAX / (uint32_t)whole);
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 4) {
            const int32x4_t in = vld1q_s32((const int32_t *)restored[b] + x), tb = vld1q_s32((const int32_t *)t[b] + x);
            const uint32x4_t size = vreinterpretq_u32_s32(vabsq_s32(in));
            const uint32x4_t gained = vmulq_n_u32(vminq_u32(size, most), (uint32_t)whole);
            const int32x4_t limited =
                vreinterpretq_s32_u32(vminq_u32(gained, vreinterpretq_u32_s32(vabsq_s32(tb))));
            const int32x4_t with_sign = vbslq_s32(vcltzq_s32(in), vnegq_s32(limited), limited);
            const int32x4_t out = vbslq_s32(vld1q_u32((const uint32_t *)close + x), with_sign, in);
            vst1q_s32((int32_t *)r[b] + x, out);
            vst1q_s32((int32_t *)a[b] + x, vsubq_s32(tb, out));
        }
}

void vp_adm_decouple_neon(VpAdmKernels *k)
{
    k->band[0].restore = restore16;
    k->band[0].limit = limit16;
    k->band[1].restore = restore32;
    k->band[1].limit = limit32;
}
#endif
