/* The kernels of float_vif.h in terms of lanes_<level>.h, which the including file has included. Each operation is the
 * one of the plain C version, in its order. TILE_ROWS: output rows summed at once, TILE_VECTORS wide; as many as the
 * registers hold. */
#include <math.h>

#include "kernel/float_vif.h"

#define FLOAT_VIF_UNROLL _Pragma("GCC unroll 80")

/* One moment of TILE_ROWS rows, from its samples at `column`, one vector group below the other. */
VP_LANE_FN void VP_LEVEL_NAME(sum_tile)(const float *column, const float *tap, int taps, float *const *out,
                                        ptrdiff_t x)
{
    enum { STEP = LANES * TILE_VECTORS };
    vf sum[TILE_ROWS][TILE_VECTORS];
    FLOAT_VIF_UNROLL
    for (int r = 0; r < TILE_ROWS; r++) {
        FLOAT_VIF_UNROLL
        for (int c = 0; c < TILE_VECTORS; c++) sum[r][c] = vf_set(0);
    }
    FLOAT_VIF_UNROLL
    for (int i = 0; i < taps + TILE_ROWS - 1; i++) {
        vf v[TILE_VECTORS];
        FLOAT_VIF_UNROLL
        for (int c = 0; c < TILE_VECTORS; c++) v[c] = vf_load(column + i * STEP + c * LANES);
        FLOAT_VIF_UNROLL
        for (int r = 0; r < TILE_ROWS; r++) {
            const int k = i - r;
            if (k < 0 || k >= taps) continue;
            const vf t = vf_set(tap[k]);
            FLOAT_VIF_UNROLL
            for (int c = 0; c < TILE_VECTORS; c++) sum[r][c] = vf_add(sum[r][c], vf_mul(t, v[c]));
        }
    }
    FLOAT_VIF_UNROLL
    for (int r = 0; r < TILE_ROWS; r++) {
        FLOAT_VIF_UNROLL
        for (int c = 0; c < TILE_VECTORS; c++) vf_store(out[r * VP_VIF_MOMENTS] + x + c * LANES, sum[r][c]);
    }
}

/* A strip of columns at a time, so that each product is formed once for the eight rows it goes into. */
VP_LANE_FN void VP_LEVEL_NAME(moments_n)(const float *const *x, const float *const *y, const float *tap, int taps,
                                         int w, float *const *out)
{
    enum { STEP = LANES * TILE_VECTORS, MOST = VP_FLOAT_MAX_TAPS + VP_FLOAT_VIF_ROWS - 1 };
    float column[VP_VIF_MOMENTS][MOST * STEP];
    _Static_assert(VP_FLOAT_LANES % STEP == 0, "padding is whole strips");
    for (int i0 = 0; i0 < vp_float_padded(w); i0 += STEP) {
        for (int i = 0; i < taps + VP_FLOAT_VIF_ROWS - 1; i++)
            for (int c = 0; c < STEP; c += LANES) {
                const vf a = vf_load(x[i] + i0 + c), b = vf_load(y[i] + i0 + c);
                vf_store(column[VP_VIF_X] + i * STEP + c, a);
                vf_store(column[VP_VIF_Y] + i * STEP + c, b);
                vf_store(column[VP_VIF_XX] + i * STEP + c, vf_mul(a, a));
                vf_store(column[VP_VIF_YY] + i * STEP + c, vf_mul(b, b));
                vf_store(column[VP_VIF_XY] + i * STEP + c, vf_mul(a, b));
            }
        for (int m = 0; m < VP_VIF_MOMENTS; m++)
            for (int r = 0; r < VP_FLOAT_VIF_ROWS; r += TILE_ROWS)
                VP_LEVEL_NAME(sum_tile)(column[m] + r * STEP, tap, taps, out + r * VP_VIF_MOMENTS + m, i0);
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
    default: VP_LEVEL_NAME(moments_n)(x, y, tap, taps, w, out);
    }
}

VP_LANE_FN vf VP_LEVEL_NAME(log2_poly)(vf a)
{
    static const float c[] = VP_FLOAT_VIF_LOG2;
    const vf m = vf_sub(vf_mantissa(a), vf_set(1));
    vf p = vf_set(c[0]);
    FLOAT_VIF_UNROLL
    for (int i = 1; i < 8; i++) p = vf_add(vf_mul(p, m), vf_set(c[i]));
    return vf_add(vf_exponent(a), vf_mul(p, m));
}

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
    for (int i = 0; i < vp_float_padded(w); i += LANES) {
        const vf m1 = vf_load(moment[VP_VIF_X] + i), m2 = vf_load(moment[VP_VIF_Y] + i);
        const vf s1 = vf_max(vf_sub(vf_load(moment[VP_VIF_XX] + i), vf_mul(m1, m1)), zero);
        const vf s2 = vf_max(vf_sub(vf_load(moment[VP_VIF_YY] + i), vf_mul(m2, m2)), zero);
        const vf s12 = vf_sub(vf_load(moment[VP_VIF_XY] + i), vf_mul(m1, m2));
        const vm quiet = vf_lt(s1, quiet_below);
        const vf quiet_num = vf_sub(one, vf_mul(s2, kappa));
        if (vm_all(quiet)) {
            vf_store(den + i, one);
            for (int g = 0; g < n; g++) vf_store(num[g] + i, quiet_num);
            continue;
        }
        const vm flat1 = vf_lt(s1, eps), flat2 = vf_lt(s2, eps);
        vf slope = vf_div(s12, vf_add(s1, eps));
        vf rest = vf_sub(s2, vf_mul(slope, s12));
        slope = vf_zero_where(flat2, vf_zero_where(flat1, slope));
        rest = vf_zero_where(flat2, vf_select(flat1, s2, rest));
        const vm opposite = vf_lt(slope, zero);
        rest = vf_max(vf_select(opposite, s2, rest), eps);
        slope = vf_zero_where(opposite, slope);
        const vf kept1 = vf_zero_where(flat1, s1);

        const vf signal = exact ? vf_add(one, vf_mul(kept1, reciprocal)) : vf_one_plus_ratio64(kept1, zero, noise);
        vf_store(den + i, vf_select(quiet, one, VP_LEVEL_NAME(log2_poly)(signal)));
        const vm unlike = vf_lt(s12, zero);
        for (int g = 0; g < n; g++) {
            const vf limited = vf_min(slope, vf_set(gain[g]));
            const vf kept = vf_mul(vf_mul(limited, limited), kept1);
            const vf shared = VP_LEVEL_NAME(log2_poly)(vf_one_plus_ratio64(kept, rest, noise));
            vf_store(num[g] + i, vf_select(quiet, quiet_num, vf_zero_where(unlike, shared)));
        }
    }
}
