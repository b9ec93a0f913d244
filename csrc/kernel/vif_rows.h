/* Integer VIF, the filters for any vector width: included after a vec_<level>.h, once per translation unit.
 *
 * Samples of two rows, or of two columns, lie side by side in 32-bit lanes for the pair multiply-add. Two neighbouring
 * outputs, the even and the odd one, use the same pairs with two sets of taps: (f0 f1)(f2 f3)..(fn 0) and
 * (0 f0)(f1 f2)..(fn-1 fn). */
#include "kernel/vif.h"
#include "kernel/vif_levels.h"

#define INLINE static inline __attribute__((always_inline)) VP_LEVEL

INLINE int pairs(int scale) /* of rows or columns */
{
    return scale == 0 ? 9 : scale == 1 ? 5 : scale == 2 ? 3 : 2;
}

/* The taps of pair j. */
typedef struct Taps {
    V even, odd, more;
} Taps;

INLINE Taps taps(int scale, int j)
{
    Taps t;
    t.even = v_set32(vp_vif_pairs[scale][j][0]);
    t.odd = v_set32(vp_vif_pairs[scale][j][1]);
    v_keep(t.even);
    v_keep(t.odd);
    if (scale == 3) t.more = v_set32(vp_vif_pairs[scale][j][2]);
    return t;
}

/* Adds pair j to the even and to the odd sum. */
INLINE void add_pair(V *even, V *odd, V pair, const Taps *t, int scale, int j)
{
    v_keep(pair);
    *even = v_dot(*even, pair, t->even);
    *odd = v_dot(*odd, pair, t->odd);
    if (scale == 3 && j == 0) *even = v_dot(*even, pair, t->more);
    if (scale == 3 && j == 1) *odd = v_dot(*odd, pair, t->more);
}

INLINE V add_even(V sum, V pair, int scale, int j)
{
    sum = v_dot(sum, pair, v_set32(vp_vif_pairs[scale][j][0]));
    return scale == 3 && j == 0 ? v_dot(sum, pair, v_set32(vp_vif_pairs[scale][j][2])) : sum;
}

/* Means less 32768; squares and product less 2^31, modulo 2^32. */
INLINE void put_moments(VpVifMoments *out, int at, V m1, V m2, V xx, V yy, V xy)
{
    int16_t(*const p)[VP_VIF_SPAN] = out->plane;
    const V low = v_set32(0xffff), top = v_set16(-32768);
    v_store_packed(p[VP_VIF_M1] + at, p[VP_VIF_M2] + at, v_packs32(m1, m2));
    v_store_packed(p[VP_VIF_XX] + at, p[VP_VIF_YY] + at, v_packs32(v_sra32(xx, 16), v_sra32(yy, 16)));
    v_store_packed(p[VP_VIF_XX + 1] + at, p[VP_VIF_YY + 1] + at,
                   v_xor(v_packus32(v_and(xx, low), v_and(yy, low)), top));
    v_store_packed(p[VP_VIF_XY] + at, p[VP_VIF_XY + 1] + at,
                   v_packs32(v_sra32(xy, 16), v_sra32(v_sll32(v_xor(xy, v_set32(0x8000)), 16), 16)));
}

/* a = x - 128, b = y - 128: sum f x y = sum f a b + 128 (sum f a + sum f b) + 2^30. The sums of a and b begin at the
 * rounding of the means, the others at what that and the offsets come to. */
VP_LEVEL void VP_NAME(vp_vif_moments8)(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w,
                                       VpVifMoments out[2])
{
    const V mean = v_set32(128), square = v_set32(-(1 << 30) - (1 << 15));
    for (int i = 0; i < w; i += V32) {
        V a0 = mean, b0 = mean, aa0 = square, bb0 = square, ab0 = square;
        V a1 = mean, b1 = mean, aa1 = square, bb1 = square, ab1 = square;
#pragma GCC unroll 9
        for (int j = 0; j < 9; j++) {
            const V a = v_load(x[j]->centred[i]), b = v_load(y[j]->centred[i]);
            const Taps t = taps(0, j);
            add_pair(&a0, &a1, a, &t, 0, j);
            add_pair(&b0, &b1, b, &t, 0, j);
            add_pair(&aa0, &aa1, v_mullo16(a, a), &t, 0, j);
            add_pair(&bb0, &bb1, v_mullo16(b, b), &t, 0, j);
            add_pair(&ab0, &ab1, v_mullo16(a, b), &t, 0, j);
        }
        put_moments(&out[0], i, v_sra32(a0, 8), v_sra32(b0, 8), v_add32(aa0, v_sll32(a0, 8)),
                    v_add32(bb0, v_sll32(b0, 8)), v_add32(ab0, v_sll32(v_add32(a0, b0), 7)));
        put_moments(&out[1], i, v_sra32(a1, 8), v_sra32(b1, 8), v_add32(aa1, v_sll32(a1, 8)),
                    v_add32(bb1, v_sll32(b1, 8)), v_add32(ab1, v_sll32(v_add32(a1, b1), 7)));
    }
}

/* Biases and counts of the vertical passes over 16-bit samples. */
typedef struct Rounding {
    V mean, high, low;
    __m128i mean_shift, high_shift, low_shift;
} Rounding;

/* Sums of samples less 32768, plus this, shifted right: the rounded mean less 32768. */
INLINE V mean_offset(int shift)
{
    return v_set32((int)((UINT32_C(1) << 31) - (UINT32_C(1) << (15 + shift)) + (UINT32_C(1) << (shift - 1))));
}

INLINE V merge(V high, V low, const Rounding *r)
{
    const V v = v_add32(v_sll32_by(high, r->high_shift), v_srl32_by(low, r->low_shift));
    return v_xor(v, v_set32(INT32_MIN));
}

/* Squares or products, V32 columns from `at` of both rows; with them, if wanted, the means of x. */
INLINE void products(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int at, int scale, const Rounding *r,
                     V out[2], V *mean)
{
    const V top = v_set16(-32768);
    V high0 = r->high, high1 = r->high, low0 = r->low, low1 = r->low, m0 = r->mean, m1 = r->mean;
#pragma GCC unroll 9
    for (int j = 0; j < pairs(scale); j++) {
        const V a = v_load(x[j]->sample[at]), b = v_load(y[j]->sample[at]);
        const Taps t = taps(scale, j);
        add_pair(&high0, &high1, v_xor(v_mulhi16u(a, b), top), &t, scale, j);
        add_pair(&low0, &low1, v_xor(v_mullo16(a, b), top), &t, scale, j);
        if (mean) add_pair(&m0, &m1, v_xor(a, top), &t, scale, j);
    }
    out[0] = merge(high0, low0, r);
    out[1] = merge(high1, low1, r);
    if (mean) {
        mean[0] = v_sra32_by(m0, r->mean_shift);
        mean[1] = v_sra32_by(m1, r->mean_shift);
    }
}

INLINE void moments16(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale, int mean_shift,
                      int square_shift, VpVifMoments out[2])
{
    const Rounding r = {
        .mean = mean_offset(mean_shift),
        .high = v_set32(INT32_MIN),
        .low = v_set32((int)((UINT32_C(1) << 31) + ((UINT32_C(1) << square_shift) >> 1))),
        .mean_shift = _mm_cvtsi32_si128(mean_shift),
        .high_shift = _mm_cvtsi32_si128(16 - square_shift),
        .low_shift = _mm_cvtsi32_si128(square_shift),
    };
    for (int i = 0; i < w; i += V32) {
        V m1[2], m2[2], xx[2], yy[2], xy[2];
        products(x, x, i, scale, &r, xx, m1);
        products(y, y, i, scale, &r, yy, m2);
        products(x, y, i, scale, &r, xy, NULL);
        for (int m = 0; m < 2; m++) put_moments(&out[m], i, m1[m], m2[m], xx[m], yy[m], xy[m]);
    }
}

VP_LEVEL void VP_NAME(vp_vif_moments16)(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale,
                                        int mean_shift, int square_shift, VpVifMoments out[2])
{
    if (scale == 0)
        moments16(x, y, w, 0, mean_shift, square_shift, out);
    else if (scale == 1)
        moments16(x, y, w, 1, mean_shift, square_shift, out);
    else if (scale == 2)
        moments16(x, y, w, 2, mean_shift, square_shift, out);
    else
        moments16(x, y, w, 3, mean_shift, square_shift, out);
}

/* V16 columns of four neighbouring planes: sums of even and odd ones. */
INLINE void columns(const int16_t *p, int scale, const V offset[4], V even[4], V odd[4])
{
    for (int k = 0; k < 4; k++) even[k] = odd[k] = offset[k];
#pragma GCC unroll 9
    for (int j = 0; j < pairs(scale); j++) {
        const Taps t = taps(scale, j);
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++)
            add_pair(&even[k], &odd[k], v_load(p + k * VP_VIF_SPAN + 2 * j), &t, scale, j);
    }
}

/* 16-bit halves, both filtered: the low one rounded and shifted out. */
INLINE V join(V high, V low)
{
    return v_add32(high, v_srl32(low, 16));
}

/* (a b + 2^31) >> 32 of every 32-bit lane */
INLINE V mean_product(V a, V b)
{
    const V half = v_set64(INT64_C(1) << 31);
    const V even = v_add64(v_mul32u(a, b), half);
    const V odd = v_add64(v_mul32u(v_srl64(a, 32), v_srl64(b, 32)), half);
    return v_blend32(v_srl64(even, 32), odd);
}

INLINE void covariance(const VpVifMoments *in, int scale, int n, int32_t *s1, int32_t *s2, int32_t *s12)
{
    const V bias = v_set32(INT32_MIN), round = v_set32(INT32_MIN + 32768), zero = v_zero();
    const V means_and_xx[4] = {bias, bias, bias, round}, yy_and_xy[4] = {bias, round, bias, round};
    const int16_t *const p = in->plane[0];
    for (int i = 0; i < n; i += V16) {
        V e[4], o[4];
        columns(p + i, scale, means_and_xx, e, o);
        const V m1e = e[0], m1o = o[0], m2e = e[1], m2o = o[1];
        v_store_zip32(s1 + i, v_sub32(join(e[2], e[3]), mean_product(m1e, m1e)),
                      v_sub32(join(o[2], o[3]), mean_product(m1o, m1o)));
        columns(p + i + VP_VIF_YY * VP_VIF_SPAN, scale, yy_and_xy, e, o);
        v_store_zip32(s2 + i, v_max32(v_sub32(join(e[0], e[1]), mean_product(m2e, m2e)), zero),
                      v_max32(v_sub32(join(o[0], o[1]), mean_product(m2o, m2o)), zero));
        v_store_zip32(s12 + i, v_sub32(join(e[2], e[3]), mean_product(m1e, m2e)),
                      v_sub32(join(o[2], o[3]), mean_product(m1o, m2o)));
    }
}

VP_LEVEL void VP_NAME(vp_vif_covariance)(const VpVifMoments *in, int scale, int n, int32_t *s1, int32_t *s2,
                                         int32_t *s12)
{
    if (scale == 0)
        covariance(in, 0, n, s1, s2, s12);
    else if (scale == 1)
        covariance(in, 1, n, s1, s2, s12);
    else if (scale == 2)
        covariance(in, 2, n, s1, s2, s12);
    else
        covariance(in, 3, n, s1, s2, s12);
}

INLINE V blur8_at(const void *const *rows, int i, int scale)
{
    V sum = v_set32(128);
#pragma GCC unroll 9
    for (int j = 0; j < pairs(scale); j++) {
        const int k = j + 1 < pairs(scale) ? 2 * j + 1 : 2 * j; /* the last row goes with itself, times 0 */
        sum = add_even(sum, v_pair8((const uint8_t *)rows[2 * j] + i, (const uint8_t *)rows[k] + i), scale, j);
    }
    return v_sra32(sum, 8);
}

INLINE void blur8(const void *const *rows, int w, int scale, int16_t *out)
{
    for (int i = 0;; i += V16) {
        if (i > w - V16) i = w - V16;
        v_store_packed(out + VP_VIF_HALO + i, out + VP_VIF_HALO + i + V32,
                       v_packs32(blur8_at(rows, i, scale), blur8_at(rows, i + V32, scale)));
        if (i == w - V16) break;
    }
}

VP_LEVEL void VP_NAME(vp_vif_blur8)(const void *const *rows, int w, int scale, int16_t *out)
{
    if (w < V16 || scale != 1) /* only scale 1 is made from bytes */
        vp_vif_blur8_c(rows, w, scale, out);
    else
        blur8(rows, w, 1, out);
}

INLINE V blur16_at(const void *const *rows, int i, int scale, V offset, __m128i shift)
{
    V sum = offset;
#pragma GCC unroll 9
    for (int j = 0; j < pairs(scale); j++) {
        const int k = j + 1 < pairs(scale) ? 2 * j + 1 : 2 * j;
        const V v = v_pair16((const uint16_t *)rows[2 * j] + i, (const uint16_t *)rows[k] + i);
        sum = add_even(sum, v_xor(v, v_set16(-32768)), scale, j);
    }
    return v_sra32_by(sum, shift);
}

INLINE void blur16(const void *const *rows, int w, int scale, int shift, int16_t *out)
{
    const V offset = mean_offset(shift);
    const __m128i count = _mm_cvtsi32_si128(shift);
    for (int i = 0;; i += V16) {
        if (i > w - V16) i = w - V16;
        v_store_packed(out + VP_VIF_HALO + i, out + VP_VIF_HALO + i + V32,
                       v_packs32(blur16_at(rows, i, scale, offset, count),
                                 blur16_at(rows, i + V32, scale, offset, count)));
        if (i == w - V16) break;
    }
}

VP_LEVEL void VP_NAME(vp_vif_blur16)(const void *const *rows, int w, int scale, int shift, int16_t *out)
{
    if (w < V16)
        vp_vif_blur16_c(rows, w, scale, shift, out);
    else if (scale == 1)
        blur16(rows, w, 1, shift, out);
    else if (scale == 2)
        blur16(rows, w, 2, shift, out);
    else
        blur16(rows, w, 3, shift, out);
}

INLINE V halve_at(const int16_t *p, int scale)
{
    V sum = v_set32(INT32_MIN + 32768);
#pragma GCC unroll 9
    for (int j = 0; j < pairs(scale); j++) sum = add_even(sum, v_load(p + 2 * j), scale, j);
    return v_srl32(sum, 16);
}

INLINE void halve(const int16_t *in, int scale, int n, uint16_t *out)
{
    const int16_t *const left = in + VP_VIF_HALO - (pairs(scale) - 1);
    for (int i = 0; i < n; i += V16)
        v_store_packed(out + i, out + i + V32,
                       v_packus32(halve_at(left + 2 * i, scale), halve_at(left + 2 * i + V16, scale)));
}

VP_LEVEL void VP_NAME(vp_vif_halve)(const int16_t *in, int scale, int n, uint16_t *out)
{
    if (scale == 1)
        halve(in, 1, n, out);
    else if (scale == 2)
        halve(in, 2, n, out);
    else
        halve(in, 3, n, out);
}
