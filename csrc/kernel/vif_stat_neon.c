/* Integer VIF: the statistics with NEON. */
#include "base/cpu.h"

#if defined(VP_ARM64)
#include <arm_neon.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/vif_levels.h"

enum { NOISE = 131072, LANES = 4 };

/* An entry of the table, and the next. */
static inline uint32_t entry(const uint16_t *log, uint64_t at)
{
    uint32_t both;
    memcpy(&both, log + at, sizeof both);
    return both;
}

/* Logarithms less 30720 + 16 * 2048; v: 2^17 or more. */
static inline int32x4_t logs(const VpVifTables *tables, int32x4_t v)
{
    const int32x4_t zeros = vclzq_s32(v);
    const uint32x4_t i = vshlq_u32(vreinterpretq_u32_s32(v), vsubq_s32(zeros, vdupq_n_s32(16)));
    const uint32x4_t at = vandq_u32(vshrq_n_u32(i, 3), vdupq_n_u32(VP_VIF_LOG / 8 - 1));
    const uint64x2_t both = vreinterpretq_u64_u32(at);
    const uint64_t low = vgetq_lane_u64(both, 0), high = vgetq_lane_u64(both, 1);
    const uint32x4_t entries = {entry(tables->log, (uint32_t)low), entry(tables->log, low >> 32),
                                entry(tables->log, (uint32_t)high), entry(tables->log, high >> 32)};
    const uint32x4_t fine = vandq_u32(entries, vdupq_n_u32(0xffff)), rest = vandq_u32(i, vdupq_n_u32(7));
    return vsubq_s32(vreinterpretq_s32_u32(vshrq_n_u32(vaddq_u32(fine, rest), 3)), vshlq_n_s32(zeros, 11));
}

/* Inactive lanes are given the logarithm of 2^17, 4096, which is what is taken off for each. */
void vp_vif_denominators_neon(const VpVifTables *tables, const int32_t *s1, int n, VpVifDenominators *sums)
{
    const int32x4_t noise = vdupq_n_s32(NOISE), one = vdupq_n_s32(16 * 2048 - 4096);
    int32x4_t log = vdupq_n_s32(0);
    uint32x4_t n_active = vdupq_n_u32(0);
    for (int i = 0; i < n; i += LANES) {
        const int32x4_t v = vld1q_s32(s1 + i);
        const uint32x4_t active = vcgeq_s32(v, noise);
        n_active = vsubq_u32(n_active, active);
        if (!vmaxvq_u32(active)) continue;
        const int32x4_t signal = vandq_s32(v, vreinterpretq_s32_u32(active));
        log = vaddq_s32(log, vaddq_s32(logs(tables, vaddq_s32(signal, noise)), one));
    }
    sums->log += vaddlvq_s32(log);
    sums->nonlog += n - (int)vaddvq_u32(n_active);
}

/* Two pixels. */
typedef struct Pixels {
    float64x2_t s1, gain;
} Pixels;

static inline Pixels pixels(int32x2_t s1, float64x2_t s12)
{
    const float64x2_t x = vcvtq_f64_s64(vmovl_s32(s1));
    return (Pixels){x, vdivq_f64(s12, vaddq_f64(x, vdupq_n_f64(65536 * 1e-10)))};
}

/* What of s2 the gain does not explain, truncated. */
static inline int32x2_t rest(Pixels p, int32x2_t s2, float64x2_t s12)
{
    return vmovn_s64(vcvtq_s64_f64(vsubq_f64(vcvtq_f64_s64(vmovl_s32(s2)), vmulq_f64(p.gain, s12))));
}

/* What of s1 a gain passes, truncated. */
static inline int32x4_t signal(Pixels low, Pixels high, float64x2_t low_gain, float64x2_t high_gain)
{
    return vcombine_s32(vmovn_s64(vcvtq_s64_f64(vmulq_f64(vmulq_f64(low_gain, low_gain), low.s1))),
                        vmovn_s64(vcvtq_s64_f64(vmulq_f64(vmulq_f64(high_gain, high_gain), high.s1))));
}

static inline bool any_above(Pixels low, Pixels high, float64x2_t limit)
{
    const uint64x2_t over = vorrq_u64(vcgtq_f64(low.gain, limit), vcgtq_f64(high.gain, limit));
    return vmaxvq_u32(vreinterpretq_u32_u64(over)) != 0;
}

void vp_vif_numerators_neon(const VpVifTables *tables, const int32_t *s1, const int32_t *s2, const int32_t *s12, int n,
                            const double *limit, int n_limits, int64_t *num_nonlog, int64_t *num_log)
{
    const int32x4_t noise = vdupq_n_s32(NOISE), zero = vdupq_n_s32(0);
    double lowest = limit[0];
    for (int k = 1; k < n_limits; k++) lowest = limit[k] < lowest ? limit[k] : lowest;
    int64x2_t nonlog = vdupq_n_s64(0);
    int32x4_t log = zero;
    for (int i = 0; i < n; i += LANES) {
        const int32x4_t v1 = vld1q_s32(s1 + i), v2 = vld1q_s32(s2 + i);
        const uint32x4_t active = vcgeq_s32(v1, noise);
        nonlog = vpadalq_s32(nonlog, vbicq_s32(v2, vreinterpretq_s32_u32(active)));
        if (!vmaxvq_u32(active)) continue;

        /* a covariance of 0 is a gain of 0, which adds nothing */
        const int32x4_t both = vreinterpretq_s32_u32(vandq_u32(active, vcgtzq_s32(v2)));
        const int32x4_t v12 = vmaxq_s32(vandq_s32(vld1q_s32(s12 + i), both), zero);
        const float64x2_t xy_low = vcvtq_f64_s64(vmovl_s32(vget_low_s32(v12)));
        const float64x2_t xy_high = vcvtq_f64_s64(vmovl_high_s32(v12));
        const Pixels low = pixels(vget_low_s32(v1), xy_low), high = pixels(vget_high_s32(v1), xy_high);
        const int32x4_t unexplained =
            vcombine_s32(rest(low, vget_low_s32(v2), xy_low), rest(high, vget_high_s32(v2), xy_high));
        const int32x4_t without = vaddq_s32(vmaxq_s32(unexplained, zero), noise);
        const int32x4_t with = logs(tables, vaddq_s32(signal(low, high, low.gain, high.gain), without));
        log = vaddq_s32(log, vsubq_s32(with, logs(tables, without)));

        if (!any_above(low, high, vdupq_n_f64(lowest))) continue;
        for (int k = 0; k < n_limits; k++) { /* what a limit takes from the sum of unlimited gains */
            const float64x2_t most = vdupq_n_f64(limit[k]);
            if (!any_above(low, high, most)) continue;
            const int32x4_t own = signal(low, high, vminq_f64(low.gain, most), vminq_f64(high.gain, most));
            num_log[k] += vaddvq_s32(vsubq_s32(logs(tables, vaddq_s32(own, without)), with));
        }
    }
    *num_nonlog += vaddvq_s64(nonlog);
    const int64_t unlimited = vaddlvq_s32(log);
    for (int k = 0; k < n_limits; k++) num_log[k] += unlimited;
}
#endif
