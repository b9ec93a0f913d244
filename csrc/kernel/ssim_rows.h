/* SSIM for any vector width: included after a reals_<level>.h, once per translation unit. */
#include "kernel/ssim.h"
#include "kernel/ssim_levels.h"
#include "kernel/ssim_term.h"

enum { WINDOW = VP_SSIM_WINDOW, MAPS = VP_SSIM_MAPS, LANES = VP_SSIM_LANES };
enum { RUN = 4 * LANES }; /* positions whose windowed sums are kept for a moment */
enum { PAIR = 2 * VD_LANES, WAYS = LANES / PAIR < 2 ? 1 : 2 }; /* sums of vd_products(); as many at a time */

/* Windowed sums of one row at one block of positions: several sums at a time, for none waits for the one before. */
VP_REAL_FN void window(const float *src, bool positive, float *dst)
{
    for (int x = 0; x < LANES; x += WAYS * PAIR) {
        VD sum[WAYS][2];
        for (int i = 0; i < WAYS; i++) sum[i][0] = sum[i][1] = vd_set(0);
#pragma GCC unroll 11
        for (int k = 0; k < WINDOW; k++)
#pragma GCC unroll 2
            for (int i = 0; i < WAYS; i++) {
                VD term[2];
                vd_products(src + x + k + i * PAIR, vp_ssim_window[k], positive, term);
                sum[i][0] = sum[i][0] + term[0];
                sum[i][1] = sum[i][1] + term[1];
                vd_finish(sum[i]);
            }
        for (int i = 0; i < WAYS; i++) vd_store_sums(dst + x + i * PAIR, sum[i], positive);
    }
}

VP_REAL_FN void windows(const float *x, const float *y, int n, bool positive, float *maps)
{
    enum { CHUNK = 16 * LANES, READ = CHUNK + LANES };
    for (int first = 0; first < n; first += CHUNK) {
        const float *const a = x + first, *const b = y + first;
        const int left = vp_ssim_padded(n) - first, size = left < CHUNK ? left : CHUNK;
        float product[3][READ]; /* all of a chunk first: a load must not overtake the narrower stores it needs */
        for (int i = 0; i < size + WINDOW - 1; i += VD_LANES) {
            const VF p = vf_load(a + i), q = vf_load(b + i);
            vf_store(product[0] + i, p * p);
            vf_store(product[1] + i, q * q);
            vf_store(product[2] + i, p * q);
        }
        for (int i = 0; i < size; i += LANES, maps += VP_SSIM_BLOCK) {
            window(a + i, positive, maps);
            window(b + i, positive, maps + LANES);
            for (int m = 0; m < 3; m++) window(product[m] + i, positive, maps + (2 + m) * LANES);
        }
    }
}

VP_LEVEL void VP_NAME(vp_ssim_window_row)(const float *x, const float *y, int n, bool positive, float *maps)
{
    if (positive)
        windows(x, y, n, true, maps);
    else
        windows(x, y, n, false, maps);
}

/* Adds the first `count` terms of each kind to its sum. */
VP_REAL_FN void add_terms(double term[VP_SSIM_SUMS][VD_LANES], int count, bool all, double sum[VP_SSIM_SUMS])
{
#pragma GCC unroll 8
    for (int i = 0; i < count; i++) {
        if (all) {
            sum[VP_SSIM_PRODUCT] += term[VP_SSIM_PRODUCT][i];
            sum[VP_SSIM_L] += term[VP_SSIM_L][i];
        }
        sum[VP_SSIM_C] += term[VP_SSIM_C][i];
        sum[VP_SSIM_S] += term[VP_SSIM_S][i];
    }
}

/* The terms of as many positions as there are lanes, from their windowed sums. */
VP_REAL_FN void terms(const VF map[MAPS], bool all, double term[VP_SSIM_SUMS][VD_LANES])
{
    const VF c1 = vf_set(VP_SSIM_C1), c2 = vf_set(VP_SSIM_C2), c3 = vf_set(VP_SSIM_C3);
    const VF mx = map[0], my = map[1], mx2 = mx * mx, my2 = my * my;
    const VF vx = vf_positive(map[2] - mx2), vy = vf_positive(map[3] - my2);
    /* the single-precision root is the double one of the same number, rounded */
    const VF sigma = vf_sqrt(vx * vy), cov = vf_drop(map[4] - mx * my, sigma);
    const VD c = (vd_set(2) * vd_widen(sigma) + vd_widen(c2)) / vd_widen(vx + vy + c2);
    const VD s = vd_widen((cov + c3) / (sigma + c3));
    vd_store(term[VP_SSIM_C], c);
    vd_store(term[VP_SSIM_S], s);
    if (!all) return;
    const VD l = (vd_set(2) * vd_widen(mx) * vd_widen(my) + vd_widen(c1)) / vd_widen(mx2 + my2 + c1);
    vd_store(term[VP_SSIM_L], l);
    vd_store(term[VP_SSIM_PRODUCT], l * c * s);
}

/* The windowed sums of size positions down the columns of each map, in maps[m][0 .. size - 1]. */
VP_REAL_FN void sum_columns(const float *ring, int first_row, int first, int size, bool positive,
                            float maps[MAPS][RUN])
{
    int row[WINDOW]; /* where in a block */
    for (int k = 0; k < WINDOW; k++) row[k] = (first_row + k) % WINDOW * MAPS * LANES;
    for (int x = 0; x < size; x += PAIR) {
        const float *const block = ring + (first + x) / LANES * VP_SSIM_BLOCK + (first + x) % LANES;
        VD part[MAPS][2];
        for (int m = 0; m < MAPS; m++) part[m][0] = part[m][1] = vd_set(0);
#pragma GCC unroll 11
        for (int k = 0; k < WINDOW; k++)
#pragma GCC unroll 5
            for (int m = 0; m < MAPS; m++) {
                VD term[2];
                vd_products(block + row[k] + m * LANES, vp_ssim_window[k], positive, term);
                part[m][0] = part[m][0] + term[0];
                part[m][1] = part[m][1] + term[1];
                vd_finish(part[m]);
            }
        for (int m = 0; m < MAPS; m++) vd_store_sums(maps[m] + x, part[m], positive);
    }
}

/* Two loops over a run: what a position waits for, divisions and a root, is long, and the sums before it are many; in
 * one loop a processor would see the next position too late. */
VP_REAL_FN void positions(const float *ring, int first_row, int n, bool positive, bool all, double sum[VP_SSIM_SUMS])
{
    float maps[MAPS][RUN];
    double total[VP_SSIM_SUMS];
    for (int i = 0; i < VP_SSIM_SUMS; i++) total[i] = sum[i];
    for (int first = 0; first < n; first += RUN) {
        const int left = n - first, size = left < RUN ? left : RUN;
        sum_columns(ring, first_row, first, size, positive, maps);
        for (int x = 0; x < size; x += VD_LANES) {
            VF at[MAPS];
            double term[VP_SSIM_SUMS][VD_LANES];
            for (int m = 0; m < MAPS; m++) at[m] = vf_load(maps[m] + x);
            terms(at, all, term);
            if (size - x >= VD_LANES)
                add_terms(term, VD_LANES, all, total);
            else
                add_terms(term, size - x, all, total);
        }
    }
    for (int i = 0; i < VP_SSIM_SUMS; i++) sum[i] = total[i];
}

VP_LEVEL void VP_NAME(vp_ssim_position_row)(const float *ring, int first_row, int n, bool positive, bool all,
                                            double sum[VP_SSIM_SUMS])
{
    if (positive && all)
        positions(ring, first_row, n, true, true, sum);
    else if (positive)
        positions(ring, first_row, n, true, false, sum);
    else if (all)
        positions(ring, first_row, n, false, true, sum);
    else
        positions(ring, first_row, n, false, false, sum);
}

/* Adds one row of the filter to its sums. */
VP_REAL_FN void add_half_row(const float *even, const float *odd, const float *tap, VD sum[WAYS][2])
{
#pragma GCC unroll 9
    for (int u = 0; u < VP_SSIM_HALF; u++) {
        const float *const src = (u % 2 ? odd : even) + u / 2;
#pragma GCC unroll 2
        for (int i = 0; i < WAYS; i++) {
            VD term[2];
            vd_products(src + i * PAIR, tap[u], false, term);
            sum[i][0] = sum[i][0] + term[0];
            sum[i][1] = sum[i][1] + term[1];
            vd_finish(sum[i]);
        }
    }
}

VP_LEVEL void VP_NAME(vp_ssim_halve_row)(const float *const row[VP_SSIM_HALF], int n, float *dst)
{
    enum { BLOCK = 128, SIDE = BLOCK + 2 * LANES, HALF = VP_SSIM_HALF / 2 };
    for (int first = 0; first < n; first += BLOCK) {
        const int left = vp_ssim_padded(n) - first, size = left < BLOCK ? left : BLOCK;
        /* even and odd samples of each row, so that taps are neighbours */
        float part[VP_SSIM_HALF][2][SIDE];
        for (int v = 0; v < VP_SSIM_HALF; v++) {
            const float *const src = row[v] + 2 * first - HALF;
            for (int i = 0; i < size + HALF; i += VD_LANES) vf_deal(src + 2 * i, part[v][0] + i, part[v][1] + i);
        }
        for (int x = 0; x < size; x += WAYS * PAIR) {
            VD sum[WAYS][2];
            for (int i = 0; i < WAYS; i++) sum[i][0] = sum[i][1] = vd_set(0);
            for (int v = 0; v < VP_SSIM_HALF; v++)
                add_half_row(part[v][0] + x, part[v][1] + x, vp_ssim_half[v], sum);
            for (int i = 0; i < WAYS; i++) vd_store_sums(dst + first + x + i * PAIR, sum[i], false);
        }
    }
}

/* Products of a run of one row of samples with the magnitudes of the taps: [r][c] is that of the tap r / 2 rows and
 * c / 2 columns from the centre, rounded down. Columns of results from 2 before the run on. As the filter is symmetric
 * in every way, even[r][c] of even rows and odd[r][c] of odd ones stand for [c][r] too: r <= c. */
enum { HALF_RUN = 64, HALF_ROOM = HALF_RUN + 8 };
typedef struct VP_NAME(HalfProducts) {
    double even[3][3][HALF_ROOM], odd[3][2][HALF_ROOM]; /* of samples in even and in odd columns */
} VP_NAME(HalfProducts);

VP_REAL_FN void half_products(const float *src, bool odd_row, int size, VP_NAME(HalfProducts) *out)
{
    /* r, c of the samples in even columns; in odd ones */
    static const int place[2][6][4] = {
        {{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 0}, {1, 1, 1, 1}, {1, 2, 2, 0}, {2, 2, 2, 1}},
        {{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 1}, {1, 0, -1, 0}, {1, 1, -1, 0}, {1, 2, -1, 0}},
    };
    enum { CENTRE = VP_SSIM_HALF / 2 };
    for (int i = 0; i < size + 4; i += VD_LANES)
#pragma GCC unroll 6
        for (int k = 0; k < 6; k++) {
            const int *const at = place[odd_row][k], above = CENTRE - odd_row;
            const float e = vp_ssim_half[above - 2 * at[0]][CENTRE - 2 * at[1]];
            const float o = at[2] < 0 ? 0 : vp_ssim_half[above - 2 * at[2]][CENTRE - 1 - 2 * at[3]];
            VD p[2];
            vd_deal_products(src + 2 * i, e < 0 ? -e : e, o < 0 ? -o : o, p);
            vd_store(out->even[at[0]][at[1]] + i, p[0]);
            if (at[2] >= 0) vd_store(out->odd[at[2]][at[3]] + i, p[1]);
        }
}

/* The sum along a row of the filter, `distance` from its centre, but for the sign that its terms share. */
VP_REAL_FN VD half_sum(const VP_NAME(HalfProducts) *of, int distance, int at)
{
    const int r = distance / 2, odd_row = distance % 2;
    const double *const e0 = (odd_row ? of->even[r][0] : of->even[0][r]) + at, *const e4 = of->even[r][2] + at;
    const double *const e2 = (odd_row || r < 1 ? of->even[r][1] : of->even[1][r]) + at;
    const double *const o1 = (odd_row ? of->odd[0][r] : of->odd[r][0]) + at, *const o3 = of->odd[r][1] + at;
    const VD more = vd_load(e0 + 2) + (vd_load(e4) + vd_load(e4 + 4)) + (vd_load(o1 + 1) + vd_load(o1 + 2));
    return more - ((vd_load(e2 + 1) + vd_load(e2 + 3)) + (vd_load(o3) + vd_load(o3 + 3)));
}

VP_LEVEL void VP_NAME(vp_ssim_halve_pair)(const float *even, const float *odd, int n,
                                          double *const sum[VP_SSIM_PARTS], float *dst)
{
    VP_NAME(HalfProducts) a, b;
    for (int first = 0; first < n; first += HALF_RUN) {
        const int left = vp_ssim_padded(n) - first, size = left < HALF_RUN ? left : HALF_RUN;
        half_products(even + 2 * first - 4, false, size, &a);
        half_products(odd + 2 * first - 4, true, size, &b);
        for (int i = 0; i < size; i += VD_LANES) {
            const int x = first + i;
            const VD a0 = half_sum(&a, 0, i), a2 = half_sum(&a, 2, i), a4 = half_sum(&a, 4, i);
            const VD b1 = half_sum(&b, 1, i), b3 = half_sum(&b, 3, i);
            vf_store(dst + x, vd_round((vd_load(sum[0] + x) + a4) * vd_set(VD_DEALT)));
            vd_store(sum[1] + x, vd_load(sum[1] + x) - (a2 + b3));
            vd_store(sum[2] + x, vd_load(sum[2] + x) + (a0 + b1));
            vd_store(sum[3] + x, vd_load(sum[3] + x) + (b1 - a2));
            vd_store(sum[0] + x, a4 - b3);
        }
    }
}
