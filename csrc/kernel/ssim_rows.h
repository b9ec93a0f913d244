/* SSIM for any vector width: included after a reals_<level>.h, once per translation unit. */
#include "kernel/ssim.h"
#include "kernel/ssim_levels.h"
#include "kernel/ssim_term.h"

/* Windowed sums at x .. of one row, padded; every load is of neighbouring samples. */
VP_REAL_FN void window(const float *src, int n, float *dst)
{
    for (int x = 0; x < n; x += VD_LANES) {
        VD sum = vd_widen(vf_load(src + x) * vf_set(vp_ssim_window[0]));
#pragma GCC unroll 10
        for (int k = 1; k < VP_SSIM_WINDOW; k++)
            sum = sum + vd_widen(vf_load(src + x + k) * vf_set(vp_ssim_window[k]));
        vf_store(dst + x, vd_round(sum));
    }
}

VP_LEVEL void VP_NAME(vp_ssim_window_row)(const float *x, const float *y, int n, float *const map[VP_SSIM_MAPS])
{
    enum { BLOCK = 256, READ = BLOCK + VP_SSIM_LANES };
    for (int first = 0; first < vp_ssim_padded(n); first += BLOCK) {
        const int left = vp_ssim_padded(n) - first, size = left < BLOCK ? left : BLOCK;
        const float *const a = x + first, *const b = y + first;
        float product[3][READ]; /* in the first cache */
        for (int i = 0; i < size + VP_SSIM_WINDOW - 1; i += VD_LANES) {
            const VF p = vf_load(a + i), q = vf_load(b + i);
            vf_store(product[0] + i, p * p);
            vf_store(product[1] + i, q * q);
            vf_store(product[2] + i, p * q);
        }
        const float *const src[VP_SSIM_MAPS] = {a, b, product[0], product[1], product[2]};
        for (int i = 0; i < VP_SSIM_MAPS; i++) window(src[i], size, map[i] + first);
    }
}

VP_REAL_FN VF window_at(const float *const row[VP_SSIM_WINDOW], int x)
{
    VD sum = vd_widen(vf_load(row[0] + x) * vf_set(vp_ssim_window[0]));
#pragma GCC unroll 10
    for (int k = 1; k < VP_SSIM_WINDOW; k++) sum = sum + vd_widen(vf_load(row[k] + x) * vf_set(vp_ssim_window[k]));
    return vd_round(sum);
}

VP_REAL_FN void positions(const float *const map[VP_SSIM_MAPS][VP_SSIM_WINDOW], int n, bool all,
                          double sum[VP_SSIM_SUMS])
{
    const VF c1 = vf_set(VP_SSIM_C1), c2 = vf_set(VP_SSIM_C2), c3 = vf_set(VP_SSIM_C3);
    double total[VP_SSIM_SUMS];
    for (int i = 0; i < VP_SSIM_SUMS; i++) total[i] = sum[i];
    for (int x = 0; x < n; x += VD_LANES) {
        const VF mx = window_at(map[0], x), my = window_at(map[1], x), mx2 = mx * mx, my2 = my * my;
        const VF vx = vf_positive(window_at(map[2], x) - mx2), vy = vf_positive(window_at(map[3], x) - my2);
        /* the single-precision root is the double one of the same number, rounded */
        const VF sigma = vf_sqrt(vx * vy), cov = vf_drop(window_at(map[4], x) - mx * my, sigma);
        double term[VP_SSIM_SUMS][VD_LANES];
        const VD c = (vd_set(2) * vd_widen(sigma) + vd_widen(c2)) / vd_widen(vx + vy + c2);
        const VD s = vd_widen((cov + c3) / (sigma + c3));
        vd_store(term[VP_SSIM_C], c);
        vd_store(term[VP_SSIM_S], s);
        if (all) {
            const VD l = (vd_set(2) * vd_widen(mx) * vd_widen(my) + vd_widen(c1)) / vd_widen(mx2 + my2 + c1);
            vd_store(term[VP_SSIM_L], l);
            vd_store(term[VP_SSIM_PRODUCT], l * c * s);
        }
        const int count = n - x < VD_LANES ? n - x : VD_LANES;
        for (int i = 0; i < count; i++)
            for (int t = all ? 0 : VP_SSIM_C; t < VP_SSIM_SUMS; t++) total[t] += term[t][i];
    }
    for (int i = 0; i < VP_SSIM_SUMS; i++) sum[i] = total[i];
}

VP_LEVEL void VP_NAME(vp_ssim_position_row)(const float *const map[VP_SSIM_MAPS][VP_SSIM_WINDOW], int n, bool all,
                                            double sum[VP_SSIM_SUMS])
{
    if (all)
        positions(map, n, true, sum);
    else
        positions(map, n, false, sum);
}

VP_LEVEL void VP_NAME(vp_ssim_halve_row)(const float *const row[VP_SSIM_HALF], int n, float *dst)
{
    enum { BLOCK = 128, SIDE = BLOCK + VP_SSIM_LANES, HALF = VP_SSIM_HALF / 2 };
    for (int first = 0; first < vp_ssim_padded(n); first += BLOCK) {
        const int left = vp_ssim_padded(n) - first, size = left < BLOCK ? left : BLOCK;
        /* even and odd samples of each row, so that taps are neighbours */
        float part[VP_SSIM_HALF][2][SIDE];
        for (int v = 0; v < VP_SSIM_HALF; v++) {
            const float *const src = row[v] + 2 * first - HALF;
            for (int i = 0; i < size + HALF; i += VD_LANES) vf_deal(src + 2 * i, part[v][0] + i, part[v][1] + i);
        }
        for (int x = 0; x < size; x += VD_LANES) {
            VD sum = vd_set(0);
            for (int v = 0; v < VP_SSIM_HALF; v++) {
                const float *const tap = vp_ssim_half[v];
#pragma GCC unroll 9
                for (int u = 0; u < VP_SSIM_HALF; u++)
                    sum = sum + vd_widen(vf_load(part[v][u % 2] + x + u / 2) * vf_set(tap[u]));
            }
            vf_store(dst + first + x, vd_round(sum));
        }
    }
}
