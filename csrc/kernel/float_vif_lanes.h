/* The kernels of float_vif.h in terms of lanes_<level>.h, which the including file has included. Each operation is the
 * one of the plain C version, in its order. */
#include <math.h>

#include "kernel/float_vif.h"

#define FLOAT_VIF_UNROLL _Pragma("GCC unroll 80")

/* Sample i of a moment, at column c. */
VP_LANE_FN vf VP_LEVEL_NAME(sample)(const float *const *x, const float *const *y, int moment, int i, int c)
{
    switch (moment) {
    case VP_VIF_X: return vf_load(x[i] + c);
    case VP_VIF_Y: return vf_load(y[i] + c);
    case VP_VIF_XX: return vf_mul(vf_load(x[i] + c), vf_load(x[i] + c));
    case VP_VIF_YY: return vf_mul(vf_load(y[i] + c), vf_load(y[i] + c));
    default: return vf_mul(vf_load(x[i] + c), vf_load(y[i] + c));
    }
}

/* One moment, all output rows at once: a product is formed once for the eight sums it goes into, and the eight hide
 * the latency of one another's additions. */
VP_LANE_FN void VP_LEVEL_NAME(moment_n)(const float *const *x, const float *const *y, int moment, const vf *tap,
                                        int taps, int c, float *const *out)
{
    vf sum[VP_FLOAT_VIF_ROWS];
    FLOAT_VIF_UNROLL
    for (int r = 0; r < VP_FLOAT_VIF_ROWS; r++) sum[r] = vf_set(0);
    FLOAT_VIF_UNROLL
    for (int i = 0; i < taps + VP_FLOAT_VIF_ROWS - 1; i++) {
        const vf v = VP_LEVEL_NAME(sample)(x, y, moment, i, c);
        FLOAT_VIF_UNROLL
        for (int r = 0; r < VP_FLOAT_VIF_ROWS; r++) {
            const int k = i - r;
            if (k < 0 || k >= taps) continue;
            sum[r] = vf_add(sum[r], vf_mul(tap[k < taps / 2 ? k : taps - 1 - k], v));
            vf_finish(&sum[r]);
        }
    }
    FLOAT_VIF_UNROLL
    for (int r = 0; r < VP_FLOAT_VIF_ROWS; r++) vf_store(out[r * VP_VIF_MOMENTS + moment] + c, sum[r]);
}

VP_LANE_FN void VP_LEVEL_NAME(moments_n)(const float *const *x, const float *const *y, const float *tap, int taps,
                                         int w, float *const *out)
{
    vf t[VP_FLOAT_MAX_TAPS / 2 + 1]; /* symmetric */
    FLOAT_VIF_UNROLL
    for (int k = 0; k <= taps / 2; k++) t[k] = vf_set(tap[k]);
    for (int c = 0; c < vp_float_padded(w); c += LANES) {
        VP_LEVEL_NAME(moment_n)(x, y, VP_VIF_X, t, taps, c, out);
        VP_LEVEL_NAME(moment_n)(x, y, VP_VIF_Y, t, taps, c, out);
        VP_LEVEL_NAME(moment_n)(x, y, VP_VIF_XX, t, taps, c, out);
        VP_LEVEL_NAME(moment_n)(x, y, VP_VIF_YY, t, taps, c, out);
        VP_LEVEL_NAME(moment_n)(x, y, VP_VIF_XY, t, taps, c, out);
    }
}

VP_LEVEL static void VP_LEVEL_NAME(moments)(const float *const *x, const float *const *y, const float *tap, int taps,
                                            int w, float *const *out)
{
    switch (taps) { /* the lengths of default options, unrolled */
    case 3: VP_LEVEL_NAME(moments_n)(x, y, tap, 3, w, out); break;
    case 5: VP_LEVEL_NAME(moments_n)(x, y, tap, 5, w, out); break;
    case 9: VP_LEVEL_NAME(moments_n)(x, y, tap, 9, w, out); break;
    case 17: VP_LEVEL_NAME(moments_n)(x, y, tap, 17, w, out); break;
    default: vp_float_vif_moments_c(x, y, tap, taps, w, out);
    }
}

/* out = log2(in), or the fallback where the variance is below the limit; `vectors` at a time, step by step together:
 * one alone would wait for each of its own steps. */
VP_LANE_FN void VP_LEVEL_NAME(log2_at)(const float *in, const float *variance, vf limit, const float *fallback,
                                       int vectors, float *out)
{
    static const float c[] = VP_FLOAT_VIF_LOG2;
    vf m[4], p[4];
    FLOAT_VIF_UNROLL
    for (int j = 0; j < vectors; j++) {
        m[j] = vf_sub(vf_mantissa(vf_load(in + j * LANES)), vf_set(1));
        p[j] = vf_set(c[0]);
    }
    FLOAT_VIF_UNROLL
    for (int i = 1; i < 8; i++) {
        const vf next = vf_set(c[i]);
        FLOAT_VIF_UNROLL
        for (int j = 0; j < vectors; j++) {
            p[j] = vf_add(vf_mul(p[j], m[j]), next);
            vf_finish(&p[j]);
        }
    }
    FLOAT_VIF_UNROLL
    for (int j = 0; j < vectors; j++) {
        const int k = j * LANES;
        const vf log = vf_add(vf_exponent(vf_load(in + k)), vf_mul(p[j], m[j]));
        vf_store(out + k, vf_select(vf_lt(vf_load(variance + k), limit), vf_load(fallback + k), log));
    }
}

VP_LANE_FN void VP_LEVEL_NAME(log2_row)(const float *in, const float *variance, vf limit, const float *fallback,
                                        int length, float *out)
{
    int i = 0;
    for (; i + 4 * LANES <= length; i += 4 * LANES)
        VP_LEVEL_NAME(log2_at)(in + i, variance + i, limit, fallback + i, 4, out + i);
    for (; i < length; i += LANES)
        VP_LEVEL_NAME(log2_at)(in + i, variance + i, limit, fallback + i, 1, out + i);
}

/* What a stretch of positions leaves for its numerators. */
enum { STRETCH = 256 };
typedef struct Stretch {
    float variance[STRETCH], slope[STRETCH], rest[STRETCH], ratio[STRETCH];
    float quiet_num[STRETCH], quiet_den[STRETCH]; /* where the reference is quieter than the noise */
} Stretch;

/* Several loops over a stretch: the steps of one position wait for one another from the first to the last, and shorter
 * chains leave the processor more positions to work on at once. */
VP_LEVEL static void VP_LEVEL_NAME(information)(const float *const moment[VP_VIF_MOMENTS], int w, double noise,
                                                const float *gain, int n, float *const *num, float *den)
{
    const vf zero = vf_set(0), one = vf_set(1), eps = vf_set(1e-10f);
    const vf kappa = vf_set((float)(noise * noise) / 65025.0f);
    /* s1 < noise in double precision is s1 < limit in single */
    float limit = (float)noise;
    if (limit < noise) limit = nextafterf(limit, INFINITY);
    const vf quiet_below = vf_set(limit);
    /* a power of two: s1 / noise is exact, and so is 1 more of it before rounding wherever s1 >= noise */
    int exponent;
    const bool exact = frexp(noise, &exponent) == 0.5 && exponent > -20;
    const vf reciprocal = vf_set(exact ? (float)(1 / noise) : 0);
    const int end = vp_float_padded(w);
    Stretch s;
    for (int i = 0; i < STRETCH; i += LANES) vf_store(s.quiet_den + i, one);
    for (int start = 0; start < end; start += STRETCH) {
        const int length = end - start < STRETCH ? end - start : STRETCH;
        for (int i = 0; i < length; i += LANES) {
            const int at = start + i;
            const vf m1 = vf_load(moment[VP_VIF_X] + at), m2 = vf_load(moment[VP_VIF_Y] + at);
            const vf s1 = vf_max(vf_sub(vf_load(moment[VP_VIF_XX] + at), vf_mul(m1, m1)), zero);
            const vf s2 = vf_max(vf_sub(vf_load(moment[VP_VIF_YY] + at), vf_mul(m2, m2)), zero);
            const vm quiet = vf_lt(s1, quiet_below);
            vf_store(s.variance + i, s1);
            vf_store(s.quiet_num + i, vf_sub(one, vf_mul(s2, kappa)));
            if (vm_all(quiet)) {
                vf_store(s.ratio + i, one);
                continue;
            }
            const vf s12 = vf_sub(vf_load(moment[VP_VIF_XY] + at), vf_mul(m1, m2));
            const vm flat1 = vf_lt(s1, eps), flat2 = vf_lt(s2, eps);
            vf slope = vf_div(s12, vf_add(s1, eps));
            vf rest = vf_sub(s2, vf_mul(slope, s12));
            slope = vf_zero_where(flat2, vf_zero_where(flat1, slope));
            rest = vf_zero_where(flat2, vf_select(flat1, s2, rest));
            const vm opposite = vf_lt(slope, zero);
            vf_store(s.slope + i, vf_zero_where(opposite, slope));
            vf_store(s.rest + i, vf_max(vf_select(opposite, s2, rest), eps));
            const vf kept = vf_zero_where(flat1, s1);
            const vf signal = exact ? vf_add(one, vf_mul(kept, reciprocal)) : vf_one_plus_ratio64(kept, zero, noise);
            vf_store(s.ratio + i, signal);
        }
        VP_LEVEL_NAME(log2_row)(s.ratio, s.variance, quiet_below, s.quiet_den, length, den + start);
        /* a negative covariance has left a slope of 0: its numerator is log2(1), which is 0 */
        for (int g = 0; g < n; g++) {
            for (int i = 0; i < length; i += LANES) {
                const vf s1 = vf_load(s.variance + i);
                vf ratio = one;
                if (!vm_all(vf_lt(s1, quiet_below))) {
                    const vf slope = vf_min(vf_load(s.slope + i), vf_set(gain[g]));
                    const vf kept = vf_mul(vf_mul(slope, slope), vf_zero_where(vf_lt(s1, eps), s1));
                    ratio = vf_one_plus_ratio64(kept, vf_load(s.rest + i), noise);
                }
                vf_store(s.ratio + i, ratio);
            }
            VP_LEVEL_NAME(log2_row)(s.ratio, s.variance, quiet_below, s.quiet_num, length, num[g] + start);
        }
    }
}
