/* Integer VIF, the filters for any vector width: included after a vec_<level>.h, once per translation unit.
 *
 * Samples of two rows, or of two columns, lie side by side in 32-bit lanes for the pair multiply-add. Two neighbouring
 * outputs, the even and the odd one, use the same pairs with two sets of taps: (f0 f1)(f2 f3)..(fn 0) and
 * (0 f0)(f1 f2)..(fn-1 fn).
 *
 * A pair row holds, of every V16 columns, two vectors: what unpacking the low and the high half of each 128-bit block
 * gives. Packing undoes it, so nothing between the input and the moments crosses blocks, which is slow. Bytes are kept
 * less 128. */
#include <stdbool.h>

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

/* One sum of the even kind, or of the odd. */
INLINE V add_one(V sum, V pair, bool odd, int scale, int j)
{
    sum = v_dot(sum, pair, v_set32(vp_vif_pairs[scale][j][odd]));
    return scale == 3 && j == odd ? v_dot(sum, pair, v_set32(vp_vif_pairs[scale][j][2])) : sum;
}

VP_LEVEL void VP_NAME(vp_vif_pair8)(const uint8_t *a, const uint8_t *b, int w, VpVifPairRow *out)
{
    const V centre = v_set16(128);
    for (int i = 0; i < w; i += V16) {
        const V x = v_sub16(v_load8(a + i), centre), y = v_sub16(v_load8(b + i), centre);
        v_store(out->v + 2 * i, v_lo16(x, y));
        v_store(out->v + 2 * i + V16, v_hi16(x, y));
    }
}

VP_LEVEL void VP_NAME(vp_vif_pair16)(const uint16_t *a, const uint16_t *b, int w, VpVifPairRow *out)
{
    for (int i = 0; i < w; i += V16) {
        const V x = v_load(a + i), y = v_load(b + i);
        v_store(out->v + 2 * i, v_lo16(x, y));
        v_store(out->v + 2 * i + V16, v_hi16(x, y));
    }
}

/* 32-bit values less 2^31, those of the two vectors of V16 columns: their high and low halves less 32768. */
INLINE void put_halves(int16_t (*plane)[VP_VIF_SPAN], int at, V a, V b)
{
    const V x = v_split32(a), y = v_split32(b);
    v_store(plane[0] + at, v_hi64(x, y));
    v_store(plane[1] + at, v_xor(v_lo64(x, y), v_set16(-32768)));
}

/* Of V16 columns, the sums for both rows: [vector][row]. */
typedef V Sums[2][2];

/* a = x - 128: sum f x^2 = sum f a^2 + 256 sum f a + 2^30. The sums of a begin at the rounding of the means, those of
 * the squares at what that and the offsets come to. */
INLINE void own8(const VpVifPairRow *const *x, int at, Sums mean, Sums square)
{
    for (int v = 0; v < 2; v++)
        for (int r = 0; r < 2; r++) {
            mean[v][r] = v_set32(128);
            square[v][r] = v_set32(-(1 << 30) - (1 << 15));
        }
#pragma GCC unroll 9
    for (int j = 0; j < 9; j++) {
        const Taps t = taps(0, j);
#pragma GCC unroll 2
        for (int v = 0; v < 2; v++) {
            const V a = v_load(x[j]->v + 2 * at + v * V16);
            add_pair(&mean[v][0], &mean[v][1], a, &t, 0, j);
            add_pair(&square[v][0], &square[v][1], v_mullo16(a, a), &t, 0, j);
        }
    }
}

INLINE void put_own8(int16_t (*plane)[VP_VIF_SPAN], int at, int r, Sums mean, Sums square)
{
    v_store(plane[VP_VIF_M] + at, v_packs32(v_sra32(mean[0][r], 8), v_sra32(mean[1][r], 8)));
    put_halves(plane + VP_VIF_SQUARE, at, v_add32(square[0][r], v_sll32(mean[0][r], 8)),
               v_add32(square[1][r], v_sll32(mean[1][r], 8)));
}

VP_LEVEL void VP_NAME(vp_vif_reference8)(const VpVifPairRow *const *x, int w, VpVifReference out[2])
{
    for (int i = 0; i < w; i += V16) {
        Sums mean, square;
        own8(x, i, mean, square);
        for (int r = 0; r < 2; r++) {
            put_own8(out[r].plane, i, r, mean, square);
            for (int v = 0; v < 2; v++) v_store(out[r].sum + i + v * V32, mean[v][r]);
        }
    }
}

/* b = y - 128: sum f x y = sum f a b + 128 (sum f a + sum f b) + 2^30 */
VP_LEVEL void VP_NAME(vp_vif_distorted8)(const VpVifPairRow *const *x, const VpVifReference ref[2],
                                         const VpVifPairRow *const *y, int w, VpVifDistorted out[2])
{
    for (int i = 0; i < w; i += V16) {
        Sums mean, sum;
        own8(y, i, mean, sum);
        for (int r = 0; r < 2; r++) put_own8(out[r].plane, i, r, mean, sum);
        for (int v = 0; v < 2; v++)
            for (int r = 0; r < 2; r++) sum[v][r] = v_set32(-(1 << 30) - (1 << 15));
#pragma GCC unroll 9
        for (int j = 0; j < 9; j++) {
            const Taps t = taps(0, j);
#pragma GCC unroll 2
            for (int v = 0; v < 2; v++) {
                const V a = v_load(x[j]->v + 2 * i + v * V16), b = v_load(y[j]->v + 2 * i + v * V16);
                add_pair(&sum[v][0], &sum[v][1], v_mullo16(a, b), &t, 0, j);
            }
        }
        for (int r = 0; r < 2; r++) {
            for (int v = 0; v < 2; v++) {
                const V means = v_add32(mean[v][r], v_load(ref[r].sum + i + v * V32));
                sum[v][r] = v_add32(sum[v][r], v_sll32(means, 7));
            }
            put_halves(out[r].plane + VP_VIF_PRODUCT, i, sum[0][r], sum[1][r]);
        }
    }
}

/* Biases and counts of the vertical passes over 16-bit samples. */
typedef struct Rounding {
    V mean, low;
    __m128i mean_shift, high_shift, low_shift;
    int mean_offset;
} Rounding;

/* Sums of samples less 32768, plus this, shifted right: the rounded mean less 32768. */
INLINE int mean_offset(int shift)
{
    return (int)((UINT32_C(1) << 31) - (UINT32_C(1) << (15 + shift)) + (UINT32_C(1) << (shift - 1)));
}

INLINE Rounding rounding(int mean_shift, int square_shift)
{
    return (Rounding){
        .mean = v_set32(mean_offset(mean_shift)),
        .low = v_set32((int)((UINT32_C(1) << 31) + ((UINT32_C(1) << square_shift) >> 1))),
        .mean_shift = _mm_cvtsi32_si128(mean_shift),
        .high_shift = _mm_cvtsi32_si128(16 - square_shift),
        .low_shift = _mm_cvtsi32_si128(square_shift),
        .mean_offset = mean_offset(mean_shift),
    };
}

INLINE V merge(V high, V low, const Rounding *r)
{
    const V v = v_add32(v_sll32_by(high, r->high_shift), v_srl32_by(low, r->low_shift));
    return v_xor(v, v_set32(INT32_MIN));
}

/* With a = x - 32768, x^2 = 65536 (h + a + 2^14) + l, where h and l are the halves of a^2. */
INLINE void own16(const VpVifPairRow *const *x, int at, int scale, const Rounding *r, Sums mean, Sums square)
{
    const V top = v_set16(-32768), none = v_set32((1 << 30) - r->mean_offset);
    for (int v = 0; v < 2; v++) {
        V m[2] = {r->mean, r->mean}, high[2] = {none, none}, low[2] = {r->low, r->low};
#pragma GCC unroll 9
        for (int j = 0; j < pairs(scale); j++) {
            const Taps t = taps(scale, j);
            const V a = v_xor(v_load(x[j]->v + 2 * at + v * V16), top);
            add_pair(&m[0], &m[1], a, &t, scale, j);
            add_pair(&high[0], &high[1], v_mulhi16(a, a), &t, scale, j);
            add_pair(&low[0], &low[1], v_xor(v_mullo16(a, a), top), &t, scale, j);
        }
        for (int k = 0; k < 2; k++) {
            square[v][k] = merge(v_add32(high[k], m[k]), low[k], r);
            mean[v][k] = v_sra32_by(m[k], r->mean_shift);
        }
    }
}

INLINE void put_own16(int16_t (*plane)[VP_VIF_SPAN], int at, int r, Sums mean, Sums square)
{
    v_store(plane[VP_VIF_M] + at, v_packs32(mean[0][r], mean[1][r]));
    put_halves(plane + VP_VIF_SQUARE, at, square[0][r], square[1][r]);
}

INLINE void reference16(const VpVifPairRow *const *x, int w, int scale, int mean_shift, int square_shift,
                        VpVifReference out[2])
{
    const Rounding r = rounding(mean_shift, square_shift);
    for (int i = 0; i < w; i += V16) {
        Sums mean, square;
        own16(x, i, scale, &r, mean, square);
        for (int k = 0; k < 2; k++) put_own16(out[k].plane, i, k, mean, square);
    }
}

VP_LEVEL void VP_NAME(vp_vif_reference16)(const VpVifPairRow *const *x, int w, int scale, int mean_shift,
                                          int square_shift, VpVifReference out[2])
{
    if (scale == 0)
        reference16(x, w, 0, mean_shift, square_shift, out);
    else if (scale == 1)
        reference16(x, w, 1, mean_shift, square_shift, out);
    else if (scale == 2)
        reference16(x, w, 2, mean_shift, square_shift, out);
    else
        reference16(x, w, 3, mean_shift, square_shift, out);
}

INLINE void distorted16(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale, int mean_shift,
                        int square_shift, VpVifDistorted out[2])
{
    const Rounding r = rounding(mean_shift, square_shift);
    const V top = v_set16(-32768), none = v_set32(INT32_MIN);
    for (int i = 0; i < w; i += V16) {
        Sums mean, sum;
        own16(y, i, scale, &r, mean, sum);
        for (int k = 0; k < 2; k++) put_own16(out[k].plane, i, k, mean, sum);
        for (int v = 0; v < 2; v++) {
            V high[2] = {none, none}, low[2] = {r.low, r.low};
#pragma GCC unroll 9
            for (int j = 0; j < pairs(scale); j++) {
                const Taps t = taps(scale, j);
                const V a = v_load(x[j]->v + 2 * i + v * V16), b = v_load(y[j]->v + 2 * i + v * V16);
                add_pair(&high[0], &high[1], v_xor(v_mulhi16u(a, b), top), &t, scale, j);
                add_pair(&low[0], &low[1], v_xor(v_mullo16(a, b), top), &t, scale, j);
            }
            for (int k = 0; k < 2; k++) sum[v][k] = merge(high[k], low[k], &r);
        }
        for (int k = 0; k < 2; k++) put_halves(out[k].plane + VP_VIF_PRODUCT, i, sum[0][k], sum[1][k]);
    }
}

VP_LEVEL void VP_NAME(vp_vif_distorted16)(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale,
                                          int mean_shift, int square_shift, VpVifDistorted out[2])
{
    if (scale == 0)
        distorted16(x, y, w, 0, mean_shift, square_shift, out);
    else if (scale == 1)
        distorted16(x, y, w, 1, mean_shift, square_shift, out);
    else if (scale == 2)
        distorted16(x, y, w, 2, mean_shift, square_shift, out);
    else
        distorted16(x, y, w, 3, mean_shift, square_shift, out);
}

/* V16 columns of n neighbouring planes: sums of even and odd ones. */
INLINE void columns(const int16_t *p, int n, int scale, const V *offset, V *even, V *odd)
{
#pragma GCC unroll 5
    for (int k = 0; k < n; k++) even[k] = odd[k] = offset[k];
#pragma GCC unroll 9
    for (int j = 0; j < pairs(scale); j++) {
        const Taps t = taps(scale, j);
#pragma GCC unroll 5
        for (int k = 0; k < n; k++)
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

/* Even and odd columns of V16, of which `left` are wanted; the others become 0. */
INLINE void put_columns(int32_t *out, V even, V odd, int left)
{
    if (left < V16) {
        even = v_first32(even, left < 0 ? 0 : (left + 1) / 2);
        odd = v_first32(odd, left < 0 ? 0 : left / 2);
    }
    v_store(out, even);
    v_store(out + V32, odd);
}

INLINE int round_up(int n)
{
    return (n + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
}

INLINE void variance(const VpVifReference *in, int scale, int n, uint32_t *m1, int32_t *s1)
{
    const V bias = v_set32(INT32_MIN), offset[3] = {bias, bias, v_set32(INT32_MIN + 32768)};
    for (int i = 0; i < round_up(n); i += V16) {
        V e[3], o[3];
        columns(in->plane[0] + i, 3, scale, offset, e, o);
        v_store(m1 + i, e[0]);
        v_store(m1 + i + V32, o[0]);
        put_columns(s1 + i, v_sub32(join(e[1], e[2]), mean_product(e[0], e[0])),
                    v_sub32(join(o[1], o[2]), mean_product(o[0], o[0])), n - i);
    }
}

VP_LEVEL void VP_NAME(vp_vif_variance)(const VpVifReference *in, int scale, int n, uint32_t *m1, int32_t *s1)
{
    if (scale == 0)
        variance(in, 0, n, m1, s1);
    else if (scale == 1)
        variance(in, 1, n, m1, s1);
    else if (scale == 2)
        variance(in, 2, n, m1, s1);
    else
        variance(in, 3, n, m1, s1);
}

INLINE void covariance(const VpVifDistorted *in, const uint32_t *m1, int scale, int n, int32_t *s2, int32_t *s12)
{
    const V bias = v_set32(INT32_MIN), round = v_set32(INT32_MIN + 32768), zero = v_zero();
    const V offset[5] = {bias, bias, round, bias, round};
    for (int i = 0; i < round_up(n); i += V16) {
        V e[5], o[5];
        columns(in->plane[0] + i, 5, scale, offset, e, o);
        put_columns(s2 + i, v_max32(v_sub32(join(e[1], e[2]), mean_product(e[0], e[0])), zero),
                    v_max32(v_sub32(join(o[1], o[2]), mean_product(o[0], o[0])), zero), n - i);
        put_columns(s12 + i, v_sub32(join(e[3], e[4]), mean_product(v_load(m1 + i), e[0])),
                    v_sub32(join(o[3], o[4]), mean_product(v_load(m1 + i + V32), o[0])), n - i);
    }
}

VP_LEVEL void VP_NAME(vp_vif_covariance)(const VpVifDistorted *in, const uint32_t *m1, int scale, int n, int32_t *s2,
                                         int32_t *s12)
{
    if (scale == 0)
        covariance(in, m1, 0, n, s2, s12);
    else if (scale == 1)
        covariance(in, m1, 1, n, s2, s12);
    else if (scale == 2)
        covariance(in, m1, 2, n, s2, s12);
    else
        covariance(in, m1, 3, n, s2, s12);
}

VP_LEVEL void VP_NAME(vp_vif_blur8)(const VpVifPairRow *const *x, int w, int16_t *out)
{
    for (int i = 0; i < w; i += V16) {
        V sum[2] = {v_set32(128), v_set32(128)};
#pragma GCC unroll 9
        for (int j = 0; j < pairs(1); j++)
            for (int v = 0; v < 2; v++) sum[v] = add_one(sum[v], v_load(x[j]->v + 2 * i + v * V16), false, 1, j);
        v_store(out + i, v_packs32(v_sra32(sum[0], 8), v_sra32(sum[1], 8)));
    }
}

INLINE void blur16(const VpVifPairRow *const *x, int w, int scale, int shift, int16_t *out)
{
    const V offset = v_set32(mean_offset(shift)), top = v_set16(-32768);
    const __m128i count = _mm_cvtsi32_si128(shift);
    for (int i = 0; i < w; i += V16) {
        V sum[2] = {offset, offset};
#pragma GCC unroll 9
        for (int j = 0; j < pairs(scale); j++)
            for (int v = 0; v < 2; v++)
                sum[v] = add_one(sum[v], v_xor(v_load(x[j]->v + 2 * i + v * V16), top), scale == 3, scale, j);
        v_store(out + i, v_packs32(v_sra32_by(sum[0], count), v_sra32_by(sum[1], count)));
    }
}

VP_LEVEL void VP_NAME(vp_vif_blur16)(const VpVifPairRow *const *x, int w, int scale, int shift, int16_t *out)
{
    if (scale == 1)
        blur16(x, w, 1, shift, out);
    else if (scale == 2)
        blur16(x, w, 2, shift, out);
    else
        blur16(x, w, 3, shift, out);
}

INLINE V halve_at(const int16_t *p, int scale)
{
    V sum = v_set32(INT32_MIN + 32768);
#pragma GCC unroll 9
    for (int j = 0; j < pairs(scale); j++) sum = add_one(sum, v_load(p + 2 * j), false, scale, j);
    return v_srl32(sum, 16);
}

INLINE void halve(const int16_t *in, int scale, int n, uint16_t *out)
{
    for (int i = 0; i < n; i += V16)
        v_store_packed(out + i, out + i + V32,
                       v_packus32(halve_at(in + 2 * i, scale), halve_at(in + 2 * i + V16, scale)));
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
