/* The kernels of float_adm.h in terms of lanes_<level>.h, which the including file has included. Each operation is the
 * one of the plain C version, in its order. */
#include "kernel/float_adm.h"

/* Four products, summed from the first to the last. */
VP_LANE_FN vf VP_LEVEL_NAME(four)(const float tap[4], vf a, vf b, vf c, vf d)
{
    vf sum = vf_add(vf_mul(vf_set(tap[0]), a), vf_mul(vf_set(tap[1]), b));
    sum = vf_add(sum, vf_mul(vf_set(tap[2]), c));
    return vf_add(sum, vf_mul(vf_set(tap[3]), d));
}

VP_LEVEL static void VP_LEVEL_NAME(split_rows)(const float *const row[4], int w, float *low, float *high)
{
    for (int x = 0; x < vp_float_padded(w); x += LANES) {
        const vf a = vf_load(row[0] + x), b = vf_load(row[1] + x), c = vf_load(row[2] + x), d = vf_load(row[3] + x);
        vf_store(low + x, VP_LEVEL_NAME(four)(vp_float_adm_low, a, b, c, d));
        vf_store(high + x, VP_LEVEL_NAME(four)(vp_float_adm_high, a, b, c, d));
    }
}

VP_LEVEL static void VP_LEVEL_NAME(split_row)(const float *row, int w, float *low, float *high)
{
    for (int x = 0; x < vp_float_padded(w); x += LANES) {
        const float *s = row + 2 * x;
        const vf p = vf_load(s - 1), q = vf_load(s - 1 + LANES), r = vf_load(s + 1), t = vf_load(s + 1 + LANES);
        const vf a = vf_even(p, q), b = vf_odd(p, q), c = vf_even(r, t), d = vf_odd(r, t);
        vf_store(low + x, vf_order(VP_LEVEL_NAME(four)(vp_float_adm_low, a, b, c, d)));
        vf_store(high + x, vf_order(VP_LEVEL_NAME(four)(vp_float_adm_high, a, b, c, d)));
    }
}

/* For gain limits that single precision holds: the product in double precision is then exact, and rounding it before
 * the comparison with a single-precision number or after it is the same. */
VP_LEVEL static void VP_LEVEL_NAME(decouple_single)(const float *const o[VP_ADM_BANDS],
                                                    const float *const t[VP_ADM_BANDS], int w, float gain,
                                                    const float weight[VP_ADM_BANDS],
                                                    float *const weighted[VP_ADM_PARTS],
                                                    float *const share[VP_ADM_PARTS])
{
    const vf zero = vf_set(0), one = vf_set(1), eps = vf_set(1e-30f), cos2 = vf_set(VP_FLOAT_ADM_COS2);
    const vf limit = vf_set(gain);
    for (int x = 0; x < vp_float_padded(w); x += LANES) {
        const vf oh = vf_load(o[VP_ADM_H] + x), ov = vf_load(o[VP_ADM_V] + x);
        const vf th = vf_load(t[VP_ADM_H] + x), tv = vf_load(t[VP_ADM_V] + x);
        const vf dot = vf_add(vf_mul(oh, th), vf_mul(ov, tv));
        const vf o2 = vf_add(vf_mul(oh, oh), vf_mul(ov, ov)), t2 = vf_add(vf_mul(th, th), vf_mul(tv, tv));
        const vm aligned =
            vm_and(vf_ge(dot, zero), vf_ge(vf_mul(dot, dot), vf_mul(vf_mul(cos2, o2), t2)));
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const vf ob = vf_load(o[b] + x), tb = vf_load(t[b] + x), factor = vf_set(weight[b]);
            const vf k = vf_min(vf_max(vf_div(tb, vf_add(ob, eps)), zero), one);
            vf r = vf_mul(k, ob);
            const vf most = vf_mul(r, limit);
            const vf up = vf_select(vm_and(aligned, vf_lt(zero, r)), vf_min(most, tb), r);
            r = vf_select(vm_and(aligned, vf_lt(r, zero)), vf_max(most, tb), up);
            const vf left = vf_abs(vf_mul(factor, r)), added = vf_abs(vf_mul(factor, vf_sub(tb, r)));
            vf_store(weighted[VP_ADM_RESTORED + b] + x, left);
            vf_store(weighted[VP_ADM_ADDED + b] + x, added);
            vf_store(share[VP_ADM_RESTORED + b] + x, vf_mul64(VP_FLOAT_ADM_SHARE, left));
            vf_store(share[VP_ADM_ADDED + b] + x, vf_mul64(VP_FLOAT_ADM_SHARE, added));
        }
    }
}

VP_LEVEL static void VP_LEVEL_NAME(decouple)(const float *const o[VP_ADM_BANDS], const float *const t[VP_ADM_BANDS],
                                             int w, double gain, const float weight[VP_ADM_BANDS],
                                             float *const weighted[VP_ADM_PARTS], float *const share[VP_ADM_PARTS])
{
    if ((float)gain == gain)
        VP_LEVEL_NAME(decouple_single)(o, t, w, (float)gain, weight, weighted, share);
    else
        vp_float_adm_decouple_c(o, t, w, gain, weight, weighted, share);
}

VP_LANE_FN vf VP_LEVEL_NAME(power)(vf e, bool cube)
{
    return cube ? vf_mul(vf_mul(e, e), e) : e;
}

VP_LEVEL static void VP_LEVEL_NAME(energy)(const float *const band[VP_ADM_BANDS], const float weight[VP_ADM_BANDS],
                                           int w, bool cube, float *const term[VP_ADM_BANDS])
{
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const vf factor = vf_set(weight[b]);
        for (int x = 0; x < vp_float_padded(w); x += LANES)
            vf_store(term[b] + x, VP_LEVEL_NAME(power)(vf_abs(vf_mul(factor, vf_load(band[b] + x))), cube));
    }
}

VP_LEVEL static void VP_LEVEL_NAME(masked_energy)(const float *const measured[VP_ADM_BANDS],
                                                  const float *const mask[VP_ADM_BANDS],
                                                  const float *const share[3 * VP_ADM_BANDS], int w, bool cube,
                                                  float *const term[VP_ADM_BANDS])
{
    const vf zero = vf_set(0);
    for (int x = 0; x < vp_float_padded(w); x += LANES) {
        vf threshold = zero;
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const float *above = share[3 * b] + x, *at = share[3 * b + 1] + x, *below = share[3 * b + 2] + x;
            vf sum = vf_add(vf_add(vf_load(above - 1), vf_load(above)), vf_load(above + 1));
            sum = vf_add_mul64(vf_add(sum, vf_load(at - 1)), VP_FLOAT_ADM_SHARE_MIDDLE, vf_load(mask[b] + x));
            sum = vf_add(vf_add(sum, vf_load(at + 1)), vf_load(below - 1));
            threshold = vf_add(threshold, vf_add(vf_add(sum, vf_load(below)), vf_load(below + 1)));
        }
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const vf e = vf_max(vf_sub(vf_load(measured[b] + x), threshold), zero);
            vf_store(term[b] + x, VP_LEVEL_NAME(power)(e, cube));
        }
    }
}
