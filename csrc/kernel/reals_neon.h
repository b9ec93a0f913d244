/* Two doubles at a time: see reals_scalar.h. */
#ifndef VP_KERNEL_REALS_H
#define VP_KERNEL_REALS_H

#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>

#define VP_NAME(stem) stem##_neon
#define VP_LEVEL
#define VP_REAL_FN static inline __attribute__((always_inline, unused))

enum { VD_LANES = 2 };
typedef float64x2_t VD;
typedef float32x2_t VF;
typedef uint64x2_t VM; /* of each lane all bits or none */

VP_REAL_FN void vd_finish(VD sum[2]) { __asm__ volatile("" : "+w"(sum[0]), "+w"(sum[1])); }
VP_REAL_FN VD vd_set(double a) { return vdupq_n_f64(a); }
VP_REAL_FN VF vf_set(float a) { return vdup_n_f32(a); }
VP_REAL_FN VF vf_load(const float *p) { return vld1_f32(p); }
VP_REAL_FN void vf_store(float *p, VF a) { vst1_f32(p, a); }
VP_REAL_FN VD vd_load(const double *p) { return vld1q_f64(p); }
VP_REAL_FN void vd_store(double *p, VD a) { vst1q_f64(p, a); }
VP_REAL_FN VD vd_load_u16(const uint16_t *p) { return (VD){p[0], p[1]}; }
VP_REAL_FN VD vd_widen(VF a) { return vcvt_f64_f32(a); }
VP_REAL_FN VF vd_round(VD a) { return vcvt_f32_f64(a); }
VP_REAL_FN VD vd_sqrt(VD a) { return vsqrtq_f64(a); }
VP_REAL_FN VF vf_sqrt(VF a) { return vsqrt_f32(a); }
VP_REAL_FN VD vd_abs(VD a) { return vabsq_f64(a); }
VP_REAL_FN VM vd_greater(VD a, VD b) { return vcgtq_f64(a, b); }
VP_REAL_FN bool vm_any(VM a) { return vmaxvq_u32(vreinterpretq_u32_u64(a)) != 0; }
VP_REAL_FN VD vd_select(VM m, VD a, VD b) { return vbslq_f64(m, a, b); }
VP_REAL_FN VD vd_negate(VM m, VD a) { return vbslq_f64(m, vnegq_f64(a), a); }
VP_REAL_FN VF vf_positive(VF a)
{
    const uint32x2_t above = vcgtz_f32(a); /* a maximum would keep not-a-numbers */
    return vreinterpret_f32_u32(vand_u32(vreinterpret_u32_f32(a), above));
}
VP_REAL_FN VF vf_drop(VF a, VF b)
{
    const uint32x2_t drop = vand_u32(vcltz_f32(a), vclez_f32(b));
    return vreinterpret_f32_u32(vbic_u32(vreinterpret_u32_f32(a), drop));
}
VP_REAL_FN void vf_deal(const float *p, float *even, float *odd)
{
    const float32x2x2_t pair = vld2_f32(p);
    vst1_f32(even, pair.val[0]);
    vst1_f32(odd, pair.val[1]);
}
VP_REAL_FN VM vd_bit(VD a, int bit) { return vtstq_u64(vreinterpretq_u64_f64(a), vdupq_n_u64(UINT64_C(1) << bit)); }
VP_REAL_FN VD vd_scale(VD a, VD exponent)
{
    const uint64x2_t n = vshlq_n_u64(vreinterpretq_u64_f64(exponent), 52);
    return vreinterpretq_f64_u64(vaddq_u64(vreinterpretq_u64_f64(a), n));
}
VP_REAL_FN VD vd_guess(VD a, uint64_t first, uint32_t factor)
{
    const uint32x2_t upper = vshrn_n_u64(vreinterpretq_u64_f64(a), 32);
    return vreinterpretq_f64_u64(vsubq_u64(vdupq_n_u64(first), vmull_n_u32(upper, factor)));
}
VP_REAL_FN void vd_products(const float *p, float factor, bool positive, VD out[2])
{
    (void)positive;
    const float32x4_t v = vmulq_n_f32(vld1q_f32(p), factor);
    out[0] = vcvt_f64_f32(vget_low_f32(v));
    out[1] = vcvt_high_f64_f32(v);
}
#define VD_DEALT 1.0
VP_REAL_FN void vd_deal_products(const float *p, float even, float odd, VD out[2])
{
    const float32x2x2_t v = vld2_f32(p);
    out[0] = vcvt_f64_f32(vmul_n_f32(v.val[0], even));
    out[1] = vcvt_f64_f32(vmul_n_f32(v.val[1], odd));
}
VP_REAL_FN void vd_store_sums(float *p, const VD sum[2], bool positive)
{
    (void)positive;
    vf_store(p, vd_round(sum[0]));
    vf_store(p + VD_LANES, vd_round(sum[1]));
}

#endif
