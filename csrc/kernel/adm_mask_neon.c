/* Integer ADM: contrast sensitivity, contrast masking and the sums of cubes, with NEON. */
#include "kernel/adm_levels.h"

#if defined(VP_ARM64)
#include <arm_neon.h>

/* (z f + 16384) >> 15 in 16 bits: with f = 65536 + m, m negative, 2 z + the same of m. */
static inline int16x8_t weighted16_hv(int16x8_t z, uint32_t f)
{
    const int16x8_t product = vqrdmulhq_n_s16(z, (int16_t)(uint16_t)f);
    return f >= 32768 ? vaddq_s16(product, vaddq_s16(z, z)) : product;
}

static inline int16x8_t weighted16_d(int16x8_t z, uint32_t f)
{
    const int32x4_t add = vdupq_n_s32(65535);
    const int32x4_t lo = vmlaq_n_s32(add, vmovl_s16(vget_low_s16(z)), (int32_t)f);
    const int32x4_t hi = vmlaq_n_s32(add, vmovl_high_s16(z), (int32_t)f);
    return vcombine_s16(vmovn_s32(vshrq_n_s32(lo, 17)), vmovn_s32(vshrq_n_s32(hi, 17)));
}

/* (4369 q + 2048) >> 12 and (8738 q + 2048) >> 12, the latter wrapping: 8 times 4369 is 65536 - 30584, 8 times 8738 is
 * 65536 + 4368. */
static inline int16x8_t around16(int16x8_t q)
{
    return vaddq_s16(vqrdmulhq_n_s16(q, -30584), vaddq_s16(q, q));
}

static inline int16x8_t centre16(int16x8_t q)
{
    return vaddq_s16(vqrdmulhq_n_s16(q, 4368), vaddq_s16(q, q));
}

static void mask16(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n)
{
    if (!vp_adm_factors16_fit(f)) {
        vp_adm_mask16_c(z, f, around, centre, n);
        return;
    }
    for (int x = 0; x < n; x += 8) {
        const int16x8_t qh = vabsq_s16(weighted16_hv(vld1q_s16((const int16_t *)z[VP_ADM_H] + x), f.hv));
        const int16x8_t qv = vabsq_s16(weighted16_hv(vld1q_s16((const int16_t *)z[VP_ADM_V] + x), f.hv));
        const int16x8_t qd = vabsq_s16(weighted16_d(vld1q_s16((const int16_t *)z[VP_ADM_D] + x), f.d));
        const uint16x8_t a =
            vreinterpretq_u16_s16(vaddq_s16(vaddq_s16(around16(qh), around16(qv)), around16(qd)));
        const int16x8_t ch = centre16(qh), cv = centre16(qv), cd = centre16(qd);
        const int32x4_t a_lo = vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(a)));
        const int32x4_t a_hi = vreinterpretq_s32_u32(vmovl_high_u16(a));
        const int32x4_t c_lo =
            vaddw_s16(vaddl_s16(vget_low_s16(ch), vget_low_s16(cv)), vget_low_s16(cd));
        const int32x4_t c_hi = vaddw_high_s16(vaddl_high_s16(ch, cv), cd);
        vst1q_s32(around + x, a_lo);
        vst1q_s32(around + x + 4, a_hi);
        vst1q_s32(centre + x, vsubq_s32(c_lo, a_lo));
        vst1q_s32(centre + x + 4, vsubq_s32(c_hi, a_hi));
    }
}

static inline int32x4_t weighted32(int32x4_t z, uint32_t f)
{
    return vcombine_s32(vrshrn_n_s64(vmull_n_s32(vget_low_s32(z), (int32_t)f), 28),
                        vrshrn_n_s64(vmull_high_n_s32(z, (int32_t)f), 28));
}

/* The high halves of the products of q, less a half. */
static inline int32x4_t mask_of32(uint32x4_t q, uint32_t weight)
{
    const int64x2_t half = vdupq_n_s64((int64_t)1 << 31);
    const int64x2_t lo = vsubq_s64(vreinterpretq_s64_u64(vmull_n_u32(vget_low_u32(q), weight)), half);
    const int64x2_t hi = vsubq_s64(vreinterpretq_s64_u64(vmull_high_n_u32(q, weight)), half);
    return vcombine_s32(vshrn_n_s64(lo, 32), vshrn_n_s64(hi, 32));
}

static void mask32(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n)
{
    if (!vp_adm_factors32_fit(f)) {
        vp_adm_mask32_c(z, f, around, centre, n);
        return;
    }
    for (int x = 0; x < n; x += 4) {
        int32x4_t a = vdupq_n_s32(0), c = a;
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const int32x4_t q = weighted32(vld1q_s32((const int32_t *)z[b] + x), b == VP_ADM_D ? f.d : f.hv);
            const uint32x4_t size = vreinterpretq_u32_s32(vabsq_s32(q));
            a = vaddq_s32(a, mask_of32(size, 143165577));
            c = vaddq_s32(c, mask_of32(size, 286331153));
        }
        vst1q_s32(around + x, a);
        vst1q_s32(centre + x, vsubq_s32(c, a));
    }
}

static void threshold(const int32_t *const around[3], const int32_t *centre, int32_t *out, int n)
{
    for (int x = 0; x < n; x += 4) {
        int32x4_t sum = vld1q_s32(centre + x);
        for (int y = 0; y < 3; y++)
            for (int dx = -1; dx <= 1; dx++) sum = vaddq_s32(sum, vld1q_s32(around[y] + x + dx));
        vst1q_s32(out + x, sum);
    }
}

/* -1 in the first n of four lanes. */
static inline uint32x4_t first_lanes(int n)
{
    static const int32_t lane[4] = {0, 1, 2, 3};
    return vcltq_s32(vld1q_s32(lane), vdupq_n_s32(n));
}

static inline uint32x4_t above(int32x4_t size, int32x4_t lowered_by)
{
    return vreinterpretq_u32_s32(vmaxq_s32(vsubq_s32(size, lowered_by), vdupq_n_s32(0)));
}

/* Cubes of values of 0 to 2^31 - 1, in two rounded steps; the first must fit 32 bits. */
static inline uint64x2_t cube2(uint32x2_t x, int64x2_t right2, int64x2_t right3)
{
    return vrshlq_u64(vmull_u32(vmovn_u64(vrshlq_u64(vmull_u32(x, x), right2)), x), right3);
}

static inline uint64x2_t add_cubes(uint64x2_t sum, uint32x4_t x, int shift2, int shift3)
{
    const int64x2_t right2 = vdupq_n_s64(-shift2), right3 = vdupq_n_s64(-shift3);
    if (!vmaxvq_u32(x)) return sum; /* much of what is added is masked */
    sum = vaddq_u64(sum, cube2(vget_low_u32(x), right2, right3));
    return vaddq_u64(sum, cube2(vget_high_u32(x), right2, right3));
}

static void cubes16(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width, int n,
                    uint64_t sum[VP_ADM_BANDS])
{
    if (!vp_adm_factors16_fit(f)) {
        vp_adm_cubes16_c(z, f, thr, log2_width, n, sum);
        return;
    }
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int16_t *zb = z[b];
        const bool d = b == VP_ADM_D;
        const int32_t factor = (int32_t)(d ? f.d : f.hv);
        const int32x4_t scale = vdupq_n_s32(d ? 12 : 10);
        const int shift2 = d ? 30 : 29, shift3 = log2_width - (d ? 3 : 4);
        uint64x2_t s = vdupq_n_u64(0);
        for (int x = 0; x < n; x += 4) {
            const int32x4_t size = vabsq_s32(vmulq_n_s32(vmovl_s16(vld1_s16(zb + x)), factor));
            const uint32x4_t left = above(size, vshlq_s32(vld1q_s32(thr + x), scale));
            s = add_cubes(s, vandq_u32(left, first_lanes(n - x)), shift2, shift3);
        }
        sum[b] = vaddvq_u64(s);
    }
}

static void cubes32(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width, int n,
                    uint64_t sum[VP_ADM_BANDS])
{
    if (!vp_adm_factors32_fit(f)) {
        vp_adm_cubes32_c(z, f, thr, log2_width, n, sum);
        return;
    }
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const uint32_t factor = b == VP_ADM_D ? f.d : f.hv;
        uint64x2_t s = vdupq_n_u64(0);
        for (int x = 0; x < n; x += 4) {
            const int32x4_t size = vabsq_s32(weighted32(vld1q_s32((const int32_t *)z[b] + x), factor));
            const uint32x4_t left = above(size, vld1q_s32(thr + x));
            s = add_cubes(s, vandq_u32(left, first_lanes(n - x)), 30, log2_width);
        }
        sum[b] = vaddvq_u64(s);
    }
}

static void cubes_reference16(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                              uint64_t sum[VP_ADM_BANDS])
{
    (void)scale;
    (void)log2_width;
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        uint64x2_t s = vdupq_n_u64(0);
        for (int x = 0; x < n; x += 4) {
            const uint32x4_t wide =
                vreinterpretq_u32_s32(vabsq_s32(vmovl_s16(vld1_s16((const int16_t *)o[b] + x))));
            const uint32x4_t size = vandq_u32(wide, first_lanes(n - x)), square = vmulq_u32(size, size);
            s = vmlal_u32(s, vget_low_u32(square), vget_low_u32(size));
            s = vmlal_high_u32(s, square, size);
        }
        sum[b] = vaddvq_u64(s);
    }
}

static inline uint64x2_t cube_reference2(uint32x2_t size, int64x2_t right2, int64x2_t right3)
{
    const uint64x2_t square = vaddq_u64(vshlq_u64(vmull_u32(size, size), right2), vdupq_n_u64(1));
    return vrshlq_u64(vmull_u32(vmovn_u64(square), size), right3);
}

static void cubes_reference32(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                              uint64_t sum[VP_ADM_BANDS])
{
    const int64x2_t right2 = vdupq_n_s64(scale == 2 ? -30 : -31), right3 = vdupq_n_s64(-log2_width);
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        uint64x2_t s = vdupq_n_u64(0);
        for (int x = 0; x < n; x += 4) {
            const uint32x4_t all = vreinterpretq_u32_s32(vabsq_s32(vld1q_s32((const int32_t *)o[b] + x)));
            const uint32x4_t size = vandq_u32(all, first_lanes(n - x));
            s = vaddq_u64(s, cube_reference2(vget_low_u32(size), right2, right3));
            s = vaddq_u64(s, cube_reference2(vget_high_u32(size), right2, right3));
        }
        sum[b] = vaddvq_u64(s);
    }
}

void vp_adm_mask_neon(VpAdmKernels *k)
{
    k->band[0].mask = mask16;
    k->band[0].cubes = cubes16;
    k->band[0].cubes_reference = cubes_reference16;
    k->band[1].mask = mask32;
    k->band[1].cubes = cubes32;
    k->band[1].cubes_reference = cubes_reference32;
    k->threshold = threshold;
}
#endif
