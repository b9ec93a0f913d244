/* Integer VIF: the filters with NEON. Pairs of rows hold one after the other, samples less half of their range; bytes
 * stay bytes. Filters are symmetric: two samples or products are added before they are multiplied where their sum
 * fits. */
#include "base/cpu.h"

#if defined(VP_ARM64)
#include <arm_neon.h>

#include "kernel/vif_levels.h"

#define INLINE static inline __attribute__((always_inline))

#define FROM_1(f, ...) (scale == 1 ? f(1, __VA_ARGS__) : scale == 2 ? f(2, __VA_ARGS__) : f(3, __VA_ARGS__))
#define FROM_0(f, ...) (scale == 0 ? f(0, __VA_ARGS__) : FROM_1(f, __VA_ARGS__))

enum { LANES = 8, ROWS = 2 * VP_VIF_PAIRS };

/* The first half of the taps of each scale, and the centre; at scale 3 half of it, to be used twice. */
static const int16_t half_filter[VP_VIF_SCALES][2 * LANES] = {
    {489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784},
    {1244, 3663, 7925, 12590, 14692},
    {3571, 16004, 26386},
    {10904, 21864},
};

INLINE int reach(int scale) /* the radius */
{
    return VP_VIF_HALO >> scale;
}

/* The tap for place k, 0 .. 2 reach. */
INLINE int fold(int scale, int k)
{
    return k < reach(scale) ? k : 2 * reach(scale) - k;
}

/* In lanes, because the compiler would build a vector for each use of a constant that it knows. */
typedef struct Taps {
    int16x8_t first, last;
    int32x4_t wide[3];
} Taps;

INLINE Taps taps_of(int scale)
{
    Taps t;
    t.first = vld1q_s16(half_filter[scale]);
    t.last = vld1q_s16(half_filter[scale] + LANES);
    __asm__("" : "+w"(t.first), "+w"(t.last));
    t.wide[0] = vmovl_s16(vget_low_s16(t.first));
    t.wide[1] = vmovl_high_s16(t.first);
    t.wide[2] = vmovl_s16(vget_low_s16(t.last));
    return t;
}

/* Eight sums of 32 bits. */
typedef struct Sums {
    int32x4_t low, high;
} Sums;

INLINE Sums sums_of(int32_t v)
{
    return (Sums){vdupq_n_s32(v), vdupq_n_s32(v)};
}

/* Adds v times tap k. */
INLINE Sums add(Sums s, int16x8_t v, Taps t, int k)
{
    const int16x4_t low = vget_low_s16(v);
    switch (k) {
#define LANE(l)                                                                                                       \
    case l: return (Sums){vmlal_laneq_s16(s.low, low, t.first, l), vmlal_high_laneq_s16(s.high, v, t.first, l)};
        LANE(0) LANE(1) LANE(2) LANE(3) LANE(4) LANE(5) LANE(6) LANE(7)
#undef LANE
    }
    return (Sums){vmlal_laneq_s16(s.low, low, t.last, 0), vmlal_high_laneq_s16(s.high, v, t.last, 0)};
}

INLINE Sums add_unsigned(Sums s, uint16x8_t v, Taps t, int k)
{
    const uint16x8_t first = vreinterpretq_u16_s16(t.first), last = vreinterpretq_u16_s16(t.last);
    uint32x4_t low = vreinterpretq_u32_s32(s.low), high = vreinterpretq_u32_s32(s.high);
    switch (k) {
#define LANE(l)                                                                                                       \
    case l:                                                                                                           \
        low = vmlal_laneq_u16(low, vget_low_u16(v), first, l);                                                        \
        high = vmlal_high_laneq_u16(high, v, first, l);                                                               \
        break;
        LANE(0) LANE(1) LANE(2) LANE(3) LANE(4) LANE(5) LANE(6) LANE(7)
#undef LANE
    default:
        low = vmlal_laneq_u16(low, vget_low_u16(v), last, 0);
        high = vmlal_high_laneq_u16(high, v, last, 0);
    }
    return (Sums){vreinterpretq_s32_u32(low), vreinterpretq_s32_u32(high)};
}

/* Four sums of 64 bits. */
typedef struct Long {
    int64x2_t low, high;
} Long;

INLINE Long add_long(Long s, int32x4_t v, Taps t, int k)
{
    const int32x4_t taps = t.wide[k / 4];
    const int32x2_t low = vget_low_s32(v);
    switch (k % 4) {
#define LANE(l)                                                                                                       \
    case l: return (Long){vmlal_laneq_s32(s.low, low, taps, l), vmlal_high_laneq_s32(s.high, v, taps, l)};
        LANE(0) LANE(1) LANE(2)
#undef LANE
    }
    return (Long){vmlal_laneq_s32(s.low, low, taps, 3), vmlal_high_laneq_s32(s.high, v, taps, 3)};
}

INLINE const int8_t *bytes(const VpVifPairRow *const *x, int r)
{
    return (const int8_t *)x[r / 2]->v + r % 2 * VP_VIF_SPAN;
}

INLINE const int16_t *words(const VpVifPairRow *const *x, int r)
{
    return (const int16_t *)x[r / 2]->v + r % 2 * VP_VIF_SPAN;
}

void vp_vif_pair8_neon(const uint8_t *a, const uint8_t *b, int w, VpVifPairRow *out)
{
    const uint8x16_t half = vdupq_n_u8(128);
    uint8_t *const rows = (uint8_t *)out->v;
    for (int i = 0; i < w; i += 16) {
        vst1q_u8(rows + i, veorq_u8(vld1q_u8(a + i), half));
        vst1q_u8(rows + VP_VIF_SPAN + i, veorq_u8(vld1q_u8(b + i), half));
    }
}

void vp_vif_pair16_neon(const uint16_t *a, const uint16_t *b, int w, VpVifPairRow *out)
{
    const uint16x8_t half = vdupq_n_u16(32768);
    for (int i = 0; i < w; i += LANES) {
        vst1q_u16(out->v + i, veorq_u16(vld1q_u16(a + i), half));
        vst1q_u16(out->v + VP_VIF_SPAN + i, veorq_u16(vld1q_u16(b + i), half));
    }
}

/* Values of 0 to 65535, stored less 32768. */
INLINE void put_signed(int16_t *p, uint16x8_t v)
{
    vst1q_s16(p, vreinterpretq_s16_u16(veorq_u16(v, vdupq_n_u16(32768))));
}

INLINE void put_halves(int16_t (*plane)[VP_VIF_SPAN], int at, int32x4_t low, int32x4_t high)
{
    const uint16x8_t l = vreinterpretq_u16_s32(low), h = vreinterpretq_u16_s32(high);
    put_signed(plane[0] + at, vuzp2q_u16(l, h));
    put_signed(plane[1] + at, vuzp1q_u16(l, h));
}

/* Of 18 rows of eight columns the two filtered ones. */
INLINE void filter_bytes(const int8x8_t v[ROWS], Taps t, Sums sum[2])
{
#pragma GCC unroll 2
    for (int m = 0; m < 2; m++) {
        sum[m] = add(sums_of(0), vmovl_s8(v[m + VP_VIF_HALO]), t, VP_VIF_HALO);
#pragma GCC unroll 8
        for (int k = 0; k < VP_VIF_HALO; k++)
            sum[m] = add(sum[m], vaddl_s8(v[m + k], v[m + 2 * VP_VIF_HALO - k]), t, k);
    }
}

/* Local means and mean squares of samples of 8 bits: with a = x - 128
 * sum f x x = sum f a a + 256 sum f a + 2^30, and two squares fit 16 bits without a sign. */
INLINE void mean_and_square8(const VpVifPairRow *const *x, int at, Taps t, int16_t (*plane[2])[VP_VIF_SPAN],
                             Sums sum[2])
{
    int8x8_t a[ROWS];
    uint16x8_t aa[ROWS];
#pragma GCC unroll 18
    for (int r = 0; r < ROWS; r++) a[r] = vld1_s8(bytes(x, r) + at);
    filter_bytes(a, t, sum);
#pragma GCC unroll 18
    for (int r = 0; r < ROWS; r++) aa[r] = vreinterpretq_u16_s16(vmull_s8(a[r], a[r]));
#pragma GCC unroll 2
    for (int m = 0; m < 2; m++) {
        Sums s = add_unsigned(sums_of(1 << 30), aa[m + VP_VIF_HALO], t, VP_VIF_HALO);
#pragma GCC unroll 8
        for (int k = 0; k < VP_VIF_HALO; k++)
            s = add_unsigned(s, vaddq_u16(aa[m + k], aa[m + 2 * VP_VIF_HALO - k]), t, k);
        vst1q_s16(plane[m][VP_VIF_M] + at, vrshrn_high_n_s32(vrshrn_n_s32(sum[m].low, 8), sum[m].high, 8));
        put_halves(plane[m] + VP_VIF_SQUARE, at, vaddq_s32(s.low, vshlq_n_s32(sum[m].low, 8)),
                   vaddq_s32(s.high, vshlq_n_s32(sum[m].high, 8)));
    }
}

void vp_vif_reference8_neon(const VpVifPairRow *const *x, int w, VpVifReference out[2])
{
    const Taps t = taps_of(0);
    for (int i = 0; i < w; i += LANES) {
        Sums sum[2];
        mean_and_square8(x, i, t, (int16_t(*[2])[VP_VIF_SPAN]){out[0].plane, out[1].plane}, sum);
        for (int m = 0; m < 2; m++) {
            vst1q_s32(out[m].sum + i, sum[m].low);
            vst1q_s32(out[m].sum + i + 4, sum[m].high);
        }
    }
}

/* With b = y - 128, two products a (b + 1) = -a (-b - 1) fit 16 bits:
 * sum f x y = sum f a (b + 1) - sum f a + 128 (sum f a + sum f b) + 2^30. */
INLINE int32x4_t product8(int32x4_t ab, int32x4_t a, int32x4_t b)
{
    const int32x4_t v = vaddq_s32(ab, vdupq_n_s32(1 << 30));
    return vsubq_s32(vaddq_s32(v, vshlq_n_s32(vaddq_s32(a, b), 7)), a);
}

void vp_vif_distorted8_neon(const VpVifPairRow *const *x, const VpVifReference ref[2], const VpVifPairRow *const *y,
                            int w, VpVifDistorted out[2])
{
    const Taps t = taps_of(0);
    for (int i = 0; i < w; i += LANES) {
        Sums sum[2];
        mean_and_square8(y, i, t, (int16_t(*[2])[VP_VIF_SPAN]){out[0].plane, out[1].plane}, sum);
        int16x8_t ab[ROWS];
#pragma GCC unroll 18
        for (int r = 0; r < ROWS; r++)
            ab[r] = vmlsl_s8(vdupq_n_s16(0), vld1_s8(bytes(x, r) + i), vmvn_s8(vld1_s8(bytes(y, r) + i)));
#pragma GCC unroll 2
        for (int m = 0; m < 2; m++) {
            Sums s = add(sums_of(0), ab[m + VP_VIF_HALO], t, VP_VIF_HALO);
#pragma GCC unroll 8
            for (int k = 0; k < VP_VIF_HALO; k++)
                s = add(s, vaddq_s16(ab[m + k], ab[m + 2 * VP_VIF_HALO - k]), t, k);
            put_halves(out[m].plane + VP_VIF_PRODUCT, i, product8(s.low, vld1q_s32(ref[m].sum + i), sum[m].low),
                       product8(s.high, vld1q_s32(ref[m].sum + i + 4), sum[m].high));
        }
    }
}

/* Shifts of the vertical passes over 16-bit samples. */
typedef struct Shifts {
    int32x4_t mean;
    int64x2_t square;
} Shifts;

INLINE Shifts shifts_of(int mean, int square)
{
    return (Shifts){vdupq_n_s32(-mean), vdupq_n_s64(-square)};
}

/* Sums of values less 32768 with all taps: the true sums, shifted. */
INLINE uint16x8_t shifted(Sums s, int32x4_t right)
{
    const uint32x4_t top = vdupq_n_u32(UINT32_C(1) << 31);
    const uint32x4_t low = vrshlq_u32(veorq_u32(vreinterpretq_u32_s32(s.low), top), right);
    return vmovn_high_u32(vmovn_u32(low), vrshlq_u32(veorq_u32(vreinterpretq_u32_s32(s.high), top), right));
}

INLINE Sums filter_words(int scale, const int16x8_t *v, Taps t)
{
    Sums s = sums_of(0);
#pragma GCC unroll 17
    for (int k = 0; k <= 2 * reach(scale); k++) s = add(s, v[k], t, fold(scale, k));
    return scale == 3 ? add(s, v[1], t, 1) : s;
}

INLINE void load16(int scale, const VpVifPairRow *const *x, int at, int16x8_t v[ROWS])
{
#pragma GCC unroll 18
    for (int r = 0; r < 2 * reach(scale) + 2; r++) v[r] = vld1q_s16(words(x, r) + at);
}

/* Of rows of four values, any two of which fit 32 bits together. */
INLINE Long filter_long(int scale, const int32x4_t *v, Taps t)
{
    const int32x4_t centre = v[reach(scale)];
    Long s = {vdupq_n_s64(0), vdupq_n_s64(0)};
#pragma GCC unroll 8
    for (int k = 0; k < reach(scale); k++) s = add_long(s, vaddq_s32(v[k], v[2 * reach(scale) - k]), t, k);
    return add_long(s, scale == 3 ? vaddq_s32(centre, centre) : centre, t, reach(scale));
}

INLINE int32x4_t shifted_long(int64x2_t low, int64x2_t high, int64x2_t right)
{
    const int64x2_t offset = vdupq_n_s64(INT64_C(1) << 46);
    low = vrshlq_s64(vaddq_s64(low, offset), right);
    return vmovn_high_s64(vmovn_s64(low), vrshlq_s64(vaddq_s64(high, offset), right));
}

/* sum f x x = -sum f (-a a) + 65536 sum f a + 2^46, with a = x - 32768. */
INLINE int32x4_t square16(Long minus, int32x4_t a, int64x2_t right)
{
    return shifted_long(vsubq_s64(vshll_n_s32(vget_low_s32(a), 16), minus.low),
                        vsubq_s64(vshll_high_n_s32(a, 16), minus.high), right);
}

/* sum f x y = sum f a (b + 1) - sum f a + 32768 (sum f a + sum f b) + 2^46 */
INLINE int32x4_t product16(Long ab, int32x4_t a, int32x4_t b, int64x2_t right)
{
    const int64x2_t low = vshlq_n_s64(vaddl_s32(vget_low_s32(a), vget_low_s32(b)), 15);
    const int64x2_t high = vshlq_n_s64(vaddl_high_s32(a, b), 15);
    return shifted_long(vsubw_s32(vaddq_s64(ab.low, low), vget_low_s32(a)),
                        vsubw_high_s32(vaddq_s64(ab.high, high), a), right);
}

INLINE void mean_and_square16(int scale, const int16x8_t a[ROWS], int at, Taps t, Shifts right,
                              int16_t (*plane[2])[VP_VIF_SPAN], Sums sum[2])
{
    const int32x4_t zero = vdupq_n_s32(0);
    int32x4_t low[ROWS], high[ROWS];
#pragma GCC unroll 18
    for (int r = 0; r < 2 * reach(scale) + 2; r++) {
        low[r] = vmlsl_s16(zero, vget_low_s16(a[r]), vget_low_s16(a[r]));
        high[r] = vmlsl_high_s16(zero, a[r], a[r]);
    }
#pragma GCC unroll 2
    for (int m = 0; m < 2; m++) {
        sum[m] = filter_words(scale, a + m, t);
        put_signed(plane[m][VP_VIF_M] + at, shifted(sum[m], right.mean));
        put_halves(plane[m] + VP_VIF_SQUARE, at,
                   square16(filter_long(scale, low + m, t), sum[m].low, right.square),
                   square16(filter_long(scale, high + m, t), sum[m].high, right.square));
    }
}

INLINE void reference16(int scale, const VpVifPairRow *const *x, int w, Shifts right, VpVifReference out[2])
{
    const Taps t = taps_of(scale);
    for (int i = 0; i < w; i += LANES) {
        int16x8_t a[ROWS];
        Sums sum[2];
        load16(scale, x, i, a);
        mean_and_square16(scale, a, i, t, right, (int16_t(*[2])[VP_VIF_SPAN]){out[0].plane, out[1].plane}, sum);
    }
}

void vp_vif_reference16_neon(const VpVifPairRow *const *x, int w, int scale, int mean_shift, int square_shift,
                             VpVifReference out[2])
{
    FROM_0(reference16, x, w, shifts_of(mean_shift, square_shift), out);
}

INLINE void distorted16(int scale, const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, Shifts right,
                        VpVifDistorted out[2])
{
    const int32x4_t zero = vdupq_n_s32(0);
    const Taps t = taps_of(scale);
    for (int i = 0; i < w; i += LANES) {
        int16x8_t a[ROWS], b[ROWS];
        int32x4_t low[ROWS], high[ROWS];
        Sums sum[2];
        load16(scale, y, i, b);
        mean_and_square16(scale, b, i, t, right, (int16_t(*[2])[VP_VIF_SPAN]){out[0].plane, out[1].plane}, sum);
        load16(scale, x, i, a);
#pragma GCC unroll 18
        for (int r = 0; r < 2 * reach(scale) + 2; r++) {
            const int16x8_t not = vmvnq_s16(b[r]);
            low[r] = vmlsl_s16(zero, vget_low_s16(a[r]), vget_low_s16(not));
            high[r] = vmlsl_high_s16(zero, a[r], not);
        }
#pragma GCC unroll 2
        for (int m = 0; m < 2; m++) {
            const Sums s = filter_words(scale, a + m, t);
            put_halves(out[m].plane + VP_VIF_PRODUCT, i,
                       product16(filter_long(scale, low + m, t), s.low, sum[m].low, right.square),
                       product16(filter_long(scale, high + m, t), s.high, sum[m].high, right.square));
        }
    }
}

void vp_vif_distorted16_neon(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale,
                             int mean_shift, int square_shift, VpVifDistorted out[2])
{
    FROM_0(distorted16, x, y, w, shifts_of(mean_shift, square_shift), out);
}

/* The 32-bit values of two planes of halves. */
static void to_doubles(const int16_t (*plane)[VP_VIF_SPAN], int n, double *v)
{
    const int16x8_t top = vdupq_n_s16(INT16_MIN);
    for (int i = 0; i < n; i += LANES) {
        const int16x8_t h = veorq_s16(vld1q_s16(plane[0] + i), top), l = veorq_s16(vld1q_s16(plane[1] + i), top);
        const uint32x4_t low = vreinterpretq_u32_s16(vzip1q_s16(l, h)), high = vreinterpretq_u32_s16(vzip2q_s16(l, h));
        vst1q_f64(v + i, vcvtq_f64_u64(vmovl_u32(vget_low_u32(low))));
        vst1q_f64(v + i + 2, vcvtq_f64_u64(vmovl_high_u32(low)));
        vst1q_f64(v + i + 4, vcvtq_f64_u64(vmovl_u32(vget_low_u32(high))));
        vst1q_f64(v + i + 6, vcvtq_f64_u64(vmovl_high_u32(high)));
    }
}

/* Eight values of 32 bits. */
typedef struct Wide {
    uint32x4_t low, high;
} Wide;

/* (sum + 2^15) >> 16 of sums of 48 bits. Doubles hold them, and processors multiply more of them at a time than of
 * halves in integers. They are rounded to nearest where 2^16 is the last place; the half more lets no tie be. */
INLINE Wide filter_doubles(int scale, const double *v)
{
    const float64x2_t half = vdupq_n_f64(0.5), last_place = vdupq_n_f64(0x1p68);
    float64x2_t sum[4] = {half, half, half, half};
#pragma GCC unroll 17
    for (int k = 0; k <= 2 * reach(scale); k++) {
        const double tap = half_filter[scale][fold(scale, k)] * (scale == 3 && k == 1 ? 2 : 1);
#pragma GCC unroll 4
        for (int l = 0; l < 4; l++) sum[l] = vfmaq_n_f64(sum[l], vld1q_f64(v + k + 2 * l), tap);
    }
    uint32x4_t bits[4];
    for (int l = 0; l < 4; l++) bits[l] = vreinterpretq_u32_f64(vaddq_f64(sum[l], last_place));
    return (Wide){vuzp1q_u32(bits[0], bits[1]), vuzp1q_u32(bits[2], bits[3])};
}

/* The true sums of values less 32768. */
INLINE Wide filter_means(int scale, const int16_t *v, Taps t)
{
    Sums s = sums_of(INT32_MIN);
#pragma GCC unroll 17
    for (int k = 0; k <= 2 * reach(scale); k++) s = add(s, vld1q_s16(v + k), t, fold(scale, k));
    if (scale == 3) s = add(s, vld1q_s16(v + 1), t, 1);
    return (Wide){vreinterpretq_u32_s32(s.low), vreinterpretq_u32_s32(s.high)};
}

/* v less (a b + 2^31) >> 32 */
INLINE int32x4_t less_product(uint32x4_t v, uint32x4_t a, uint32x4_t b)
{
    const uint32x2_t low = vrshrn_n_u64(vmull_u32(vget_low_u32(a), vget_low_u32(b)), 32);
    return vreinterpretq_s32_u32(vsubq_u32(v, vrshrn_high_n_u64(low, vmull_high_u32(a, b), 32)));
}

/* From entry n to the next multiple. */
static void clear(int32_t *v, int n)
{
    for (int i = n; i % VP_VIF_ROUND; i++) v[i] = 0;
}

INLINE void variance(int scale, const VpVifReference *in, int n, uint32_t *m1, int32_t *s1)
{
    const Taps t = taps_of(scale);
    double xx[VP_VIF_SPAN];
    to_doubles(in->plane + VP_VIF_SQUARE, n + 2 * reach(scale), xx);
    for (int i = 0; i < n; i += LANES) {
        const Wide m = filter_means(scale, in->plane[VP_VIF_M] + i, t), x = filter_doubles(scale, xx + i);
        vst1q_u32(m1 + i, m.low);
        vst1q_u32(m1 + i + 4, m.high);
        vst1q_s32(s1 + i, less_product(x.low, m.low, m.low));
        vst1q_s32(s1 + i + 4, less_product(x.high, m.high, m.high));
    }
    clear(s1, n);
}

void vp_vif_variance_neon(const VpVifReference *in, int scale, int n, uint32_t *m1, int32_t *s1)
{
    FROM_0(variance, in, n, m1, s1);
}

INLINE void covariance(int scale, const VpVifDistorted *in, const uint32_t *m1, int n, int32_t *s2, int32_t *s12)
{
    const Taps t = taps_of(scale);
    const int32x4_t zero = vdupq_n_s32(0);
    double yy[VP_VIF_SPAN], xy[VP_VIF_SPAN];
    to_doubles(in->plane + VP_VIF_SQUARE, n + 2 * reach(scale), yy);
    to_doubles(in->plane + VP_VIF_PRODUCT, n + 2 * reach(scale), xy);
    for (int i = 0; i < n; i += LANES) {
        const Wide m = filter_means(scale, in->plane[VP_VIF_M] + i, t), y = filter_doubles(scale, yy + i);
        vst1q_s32(s2 + i, vmaxq_s32(less_product(y.low, m.low, m.low), zero));
        vst1q_s32(s2 + i + 4, vmaxq_s32(less_product(y.high, m.high, m.high), zero));
        const Wide both = filter_doubles(scale, xy + i);
        vst1q_s32(s12 + i, less_product(both.low, vld1q_u32(m1 + i), m.low));
        vst1q_s32(s12 + i + 4, less_product(both.high, vld1q_u32(m1 + i + 4), m.high));
    }
    clear(s2, n);
    clear(s12, n);
}

void vp_vif_covariance_neon(const VpVifDistorted *in, const uint32_t *m1, int scale, int n, int32_t *s2, int32_t *s12)
{
    FROM_0(covariance, in, m1, n, s2, s12);
}

void vp_vif_blur8_neon(const VpVifPairRow *const *x, int w, int16_t *out)
{
    enum { SCALE = 1, REACH = VP_VIF_HALO >> SCALE };
    const Taps t = taps_of(SCALE);
    for (int i = 0; i < w; i += LANES) {
        Sums s = add(sums_of(0), vmovl_s8(vld1_s8(bytes(x, REACH) + i)), t, REACH);
#pragma GCC unroll 4
        for (int k = 0; k < REACH; k++)
            s = add(s, vaddl_s8(vld1_s8(bytes(x, k) + i), vld1_s8(bytes(x, 2 * REACH - k) + i)), t, k);
        vst1q_s16(out + i, vrshrn_high_n_s32(vrshrn_n_s32(s.low, 8), s.high, 8));
    }
}

INLINE void blur16(int scale, const VpVifPairRow *const *x, int w, int shift, int16_t *out)
{
    const Taps t = taps_of(scale);
    const int32x4_t right = vdupq_n_s32(-shift);
    for (int i = 0; i < w; i += LANES) {
        const int first = reach(scale) % 2; /* the pairs begin at an even distance */
        int16x8_t v[ROWS];
#pragma GCC unroll 9
        for (int k = 0; k <= 2 * reach(scale); k++) v[k] = vld1q_s16(words(x, first + k) + i);
        put_signed(out + i, shifted(filter_words(scale, v, t), right));
    }
}

void vp_vif_blur16_neon(const VpVifPairRow *const *x, int w, int scale, int shift, int16_t *out)
{
    FROM_1(blur16, x, w, shift, out);
}

INLINE void halve(int scale, const int16_t *in, int n, uint16_t *out)
{
    const Taps t = taps_of(scale);
    for (int i = 0; i < n; i += LANES) {
        int16x8_t v[ROWS];
#pragma GCC unroll 5
        for (int k = 0; k <= 2 * reach(scale); k += 2) {
            const int16x8_t low = vld1q_s16(in + 2 * i + k), high = vld1q_s16(in + 2 * i + k + LANES);
            v[k] = vuzp1q_s16(low, high);
            v[k + 1] = vuzp2q_s16(low, high);
        }
        const Sums s = filter_words(scale, v, t);
        vst1q_u16(out + i, shifted(s, vdupq_n_s32(-16)));
    }
}

void vp_vif_halve_neon(const int16_t *in, int scale, int n, uint16_t *out)
{
    FROM_1(halve, in, n, out);
}
#endif
