/* Four floats at a time with NEON. The words are those of lanes_avx2.h. */
#ifndef VP_KERNEL_LANES_NEON_H
#define VP_KERNEL_LANES_NEON_H

#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cpu.h"

#define VP_LEVEL
#define VP_LEVEL_NAME(stem) stem##_neon
#define VP_LANE_FN static inline __attribute__((always_inline, unused))

enum { LANES = 4 };
typedef float32x4_t vf;
typedef uint32x4_t vm;

VP_LANE_FN void vf_finish(vf *a) { __asm__ volatile("" : "+w"(*a)); }

VP_LANE_FN vf vf_load(const float *p) { return vld1q_f32(p); }
VP_LANE_FN void vf_store(float *p, vf a) { vst1q_f32(p, a); }
VP_LANE_FN vf vf_set(float a) { return vdupq_n_f32(a); }
VP_LANE_FN vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
VP_LANE_FN vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
VP_LANE_FN vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
VP_LANE_FN vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
VP_LANE_FN vf vf_sqrt(vf a) { return vsqrtq_f32(a); }
VP_LANE_FN vf vf_abs(vf a) { return vabsq_f32(a); }

VP_LANE_FN vm vf_lt(vf a, vf b) { return vcltq_f32(a, b); }
VP_LANE_FN vm vf_ge(vf a, vf b) { return vcgeq_f32(a, b); }
VP_LANE_FN vm vm_and(vm a, vm b) { return vandq_u32(a, b); }
VP_LANE_FN bool vm_all(vm a) { return vminvq_u32(a) != 0; }
VP_LANE_FN vf vf_select(vm m, vf a, vf b) { return vbslq_f32(m, a, b); }
VP_LANE_FN vf vf_zero_where(vm m, vf a) { return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a), m)); }
/* NEON's own order zeros by sign and return not-a-numbers */
VP_LANE_FN vf vf_max(vf a, vf b) { return vf_select(vcgtq_f32(a, b), a, b); }
VP_LANE_FN vf vf_min(vf a, vf b) { return vf_select(vcltq_f32(a, b), a, b); }

VP_LANE_FN vf vf_load_u8(const uint8_t *p)
{
    uint32_t four;
    memcpy(&four, p, sizeof four);
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four)))));
}
VP_LANE_FN vf vf_load_u16(const uint16_t *p) { return vcvtq_f32_u32(vmovl_u16(vld1_u16(p))); }

VP_LANE_FN vf vf_exponent(vf a)
{
    const uint32x4_t field = vandq_u32(vshrq_n_u32(vreinterpretq_u32_f32(a), 23), vdupq_n_u32(0xff));
    return vcvtq_f32_s32(vsubq_s32(vreinterpretq_s32_u32(field), vdupq_n_s32(127)));
}
VP_LANE_FN vf vf_mantissa(vf a)
{
    const uint32x4_t fraction = vandq_u32(vreinterpretq_u32_f32(a), vdupq_n_u32(0x7fffff));
    return vreinterpretq_f32_u32(vorrq_u32(fraction, vdupq_n_u32(0x3f800000)));
}

VP_LANE_FN vf vf_even(vf a, vf b) { return vuzp1q_f32(a, b); }
VP_LANE_FN vf vf_odd(vf a, vf b) { return vuzp2q_f32(a, b); }
VP_LANE_FN vf vf_order(vf a) { return a; }

VP_LANE_FN float64x2_t vf_low64(vf a) { return vcvt_f64_f32(vget_low_f32(a)); }
VP_LANE_FN float64x2_t vf_high64(vf a) { return vcvt_high_f64_f32(a); }
VP_LANE_FN vf vf_from64(float64x2_t low, float64x2_t high) { return vcvt_high_f32_f64(vcvt_f32_f64(low), high); }
VP_LANE_FN vf vf_mul64(double c, vf a)
{
    const float64x2_t k = vdupq_n_f64(c);
    return vf_from64(vmulq_f64(k, vf_low64(a)), vmulq_f64(k, vf_high64(a)));
}
VP_LANE_FN vf vf_add_mul64(vf a, double c, vf b)
{
    const float64x2_t k = vdupq_n_f64(c);
    return vf_from64(vaddq_f64(vf_low64(a), vmulq_f64(k, vf_low64(b))),
                     vaddq_f64(vf_high64(a), vmulq_f64(k, vf_high64(b))));
}
VP_LANE_FN vf vf_one_plus_ratio64(vf a, vf b, double c)
{
    const float64x2_t k = vdupq_n_f64(c), one = vdupq_n_f64(1);
    const float64x2_t low = vdivq_f64(vf_low64(a), vaddq_f64(vf_low64(b), k));
    const float64x2_t high = vdivq_f64(vf_high64(a), vaddq_f64(vf_high64(b), k));
    return vf_from64(vaddq_f64(one, low), vaddq_f64(one, high));
}

#endif
