/* CIEDE2000 for any vector width: included after a reals_<level>.h, once per translation unit. What is VF is stored in
 * single precision; an operation of VF values rounds to it. */
#include "kernel/ciede.h"
#include "kernel/ciede_levels.h"
#include "kernel/ciede_math.h"

VP_REAL_FN VD linear_light(VD c)
{
    const VD p = power_2_4((c + vd_set(0.055)) * vd_set(1 / 1.055));
    return vd_select(vd_greater(c, vd_set(10.0 / 255)), p, c * vd_set(1 / 12.92));
}

VP_REAL_FN VD lightness(VD t)
{
    const VD low = (vd_set(24389.0 / 27) * t + vd_set(16)) * vd_set(1.0 / 116);
    return vd_widen(vd_round(vd_select(vd_greater(t, vd_set(216.0 / 24389)), cube_root(t), low)));
}

/* What one step hands to the next: a run of pixels short enough for the first cache. Within a step pixels do not wait
 * for one another, and a processor works on several at once. */
enum { RUN = 64 };
typedef struct VP_NAME(Colours) {
    float L[RUN], a[RUN], b[RUN]; /* CIELAB */
    float chroma[RUN];            /* then that after the stretch of a, with the new a */
    float hue[RUN];
} VP_NAME(Colours);

VP_REAL_FN void to_rgb(const uint16_t *const sample[3], int at, int bpc, double *r, double *g, double *b)
{
    const double unit = 1 << (bpc - 8);
    const VD luma = (vd_load_u16(sample[0] + at) - vd_set(16 * unit)) * vd_set(1 / (219 * unit));
    const VD cb = (vd_load_u16(sample[1] + at) - vd_set(128 * unit)) * vd_set(1 / (224 * unit));
    const VD cr = (vd_load_u16(sample[2] + at) - vd_set(128 * unit)) * vd_set(1 / (224 * unit));
    vd_store(r, luma + vd_set(1.28033) * cr);
    vd_store(g, luma - vd_set(0.21482) * cb - vd_set(0.38059) * cr);
    vd_store(b, luma + vd_set(2.12798) * cb);
}

/* Linear light to what `lightness` takes, in place. */
VP_REAL_FN void to_xyz(double *r, double *g, double *b)
{
    const VD R = vd_load(r), G = vd_load(g), B = vd_load(b);
    const VD X = vd_set(0.4124564390896921) * R + vd_set(0.357576077643909) * G + vd_set(0.18043748326639894) * B;
    const VD Y = vd_set(0.21267285140562248) * R + vd_set(0.715152155287818) * G + vd_set(0.07217499330655958) * B;
    const VD Z = vd_set(0.019333895582329317) * R + vd_set(0.119192025881303) * G + vd_set(0.9503040785363677) * B;
    vd_store(r, X * vd_set(1 / 0.95047));
    vd_store(g, Y);
    vd_store(b, Z * vd_set(1 / 1.08883));
}

VP_REAL_FN void to_lab(const uint16_t *const sample[3], int first, int size, int bpc, VP_NAME(Colours) *out)
{
    double v[3][RUN];
    for (int x = 0; x < size; x += VD_LANES) to_rgb(sample, first + x, bpc, v[0] + x, v[1] + x, v[2] + x);
    for (int i = 0; i < 3; i++)
        for (int x = 0; x < size; x += VD_LANES) vd_store(v[i] + x, linear_light(vd_load(v[i] + x)));
    for (int x = 0; x < size; x += VD_LANES) to_xyz(v[0] + x, v[1] + x, v[2] + x);
    for (int i = 0; i < 3; i++)
        for (int x = 0; x < size; x += VD_LANES) vd_store(v[i] + x, lightness(vd_load(v[i] + x)));
    for (int x = 0; x < size; x += VD_LANES) {
        const VD fx = vd_load(v[0] + x), fy = vd_load(v[1] + x), fz = vd_load(v[2] + x);
        vf_store(out->L + x, vd_round(vd_set(116) * fy - vd_set(16)));
        vf_store(out->a + x, vd_round(vd_set(500) * (fx - fy)));
        vf_store(out->b + x, vd_round(vd_set(200) * (fy - fz)));
    }
}

VP_REAL_FN VF chroma(VF a, VF b)
{
    const VD p = vd_widen(a), q = vd_widen(b);
    return vd_round(vd_sqrt(p * p + q * q));
}

VP_REAL_FN VF mean(VF a, VF b)
{
    return (a + b) * vf_set(0.5f);
}

VP_REAL_FN VD seventh_power(VF a)
{
    const VD p = vd_widen(a), p2 = p * p, p4 = p2 * p2;
    return p4 * p2 * p;
}

VP_REAL_FN VF hue(VF b, VF a)
{
    const VD h = vd_widen(vd_round(angle(vd_widen(b), vd_widen(a))));
    return vd_round(vd_select(vd_greater(vd_set(0), h), h + vd_set(2 * PI), h));
}

/* T, from the sine and cosine of the mean hue by the theorems of sums. */
VP_REAL_FN VF hue_weight(VF mean_hue)
{
    VD s, c;
    sin_cos(vd_widen(mean_hue), &s, &c);
    const VD s2 = vd_set(2) * (s * c), c2 = vd_set(2) * (c * c) - vd_set(1);
    const VD s3 = s * c2 + c * s2, c3 = c * c2 - s * s2;
    const VD s4 = vd_set(2) * (s2 * c2), c4 = vd_set(2) * (c2 * c2) - vd_set(1);
    /* 30, 6 and 63 degrees */
    const VD first = c * vd_set(0.86602540378443864676) + s * vd_set(0.5);
    const VD third = c3 * vd_set(0.99452189536827333692) - s3 * vd_set(0.10452846326765347140);
    const VD fourth = c4 * vd_set(0.45399049973954679156) + s4 * vd_set(0.89100652418836786236);
    return vd_round(vd_set(1) - vd_set(0.17) * first + vd_set(0.24) * c2 + vd_set(0.32) * third -
                    vd_set(0.20) * fourth);
}

/* R_T, the interaction of chroma and hue where it is blue. */
VP_REAL_FN VF rotation(VF mean_chroma, VF mean_hue)
{
    const VD degrees = vd_widen(vd_round(vd_widen(mean_hue) * vd_set(180) * vd_set(1 / PI)));
    const VF eta = vd_round((degrees - vd_set(275)) * vd_set(1.0 / 25));
    const VD square = vd_widen(eta * eta);
    /* beyond 140 degrees from blue it is below 1e-12, which is taken for 0 */
    const VM near_blue = vd_greater(vd_set(32), square);
    if (!vm_any(near_blue)) return vf_set(0);
    const VF p = vd_round(seventh_power(mean_chroma));
    const VF ratio = p / (p + vf_set(6103515648.0f));
    const VF width = vd_round(vd_set(60) * exponential(vd_set(0) - vd_select(near_blue, square, vd_set(0))));
    const VF turn = vd_round(vd_widen(width) * vd_set(PI) * vd_set(1.0 / 180));
    const VD r = vd_set(-2) * vd_sqrt(vd_widen(ratio)) * half_turn_sin(vd_widen(turn));
    return vd_round(vd_select(near_blue, r, vd_set(0)));
}

/* Stretches a where colours are pale, and measures chroma before and after. coloured: chroma before of both, the lesser;
 * without it there is no hue. */
VP_REAL_FN void stretch(VP_NAME(Colours) *one, VP_NAME(Colours) *two, int x, float *coloured)
{
    const VF b1 = vf_load(one->b + x), b2 = vf_load(two->b + x);
    const VF chroma1 = chroma(vf_load(one->a + x), b1), chroma2 = chroma(vf_load(two->a + x), b2);
    const VD c7 = seventh_power(mean(chroma1, chroma2));
    const VD more = vd_set(1) - vd_sqrt(c7 / (c7 + vd_set(6103515625.0)));
    const VD a1 = vd_widen(vf_load(one->a + x)), a2 = vd_widen(vf_load(two->a + x));
    const VF red1 = vd_round(a1 + a1 * vd_set(0.5) * more), red2 = vd_round(a2 + a2 * vd_set(0.5) * more);
    const VD p = vd_widen(chroma1), q = vd_widen(chroma2);
    vf_store(coloured + x, vd_round(vd_select(vd_greater(p, q), q, p)));
    vf_store(one->a + x, red1);
    vf_store(two->a + x, red2);
    vf_store(one->chroma + x, chroma(red1, b1));
    vf_store(two->chroma + x, chroma(red2, b2));
}

typedef struct VP_NAME(Means) {
    float coloured[RUN], chroma[RUN], hue[RUN]; /* of a pair of colours */
    float dH[RUN], T[RUN], R[RUN];              /* difference of hue, its weight, its interaction with chroma */
} VP_NAME(Means);

VP_REAL_FN void hue_difference(const VP_NAME(Colours) *one, const VP_NAME(Colours) *two, VP_NAME(Means) *pair, int x)
{
    const VF c1 = vf_load(one->chroma + x), c2 = vf_load(two->chroma + x);
    const VF h1 = vf_load(one->hue + x), h2 = vf_load(two->hue + x);
    const VD d = vd_widen(h2 - h1), m = vd_widen(h1 + h2);
    const VM far = vd_greater(vd_abs(d), vd_set(PI));
    VD dh = vd_select(vd_greater(d, vd_set(0)), d - vd_set(2 * PI), d + vd_set(2 * PI));
    dh = vd_select(far, dh, d);
    dh = vd_select(vd_greater(vd_widen(vf_load(pair->coloured + x)), vd_set(0)), dh, vd_set(0));
    dh = vd_widen(vd_round(dh));
    vf_store(pair->dH + x, vd_round(vd_set(2) * vd_sqrt(vd_widen(c1 * c2)) * half_turn_sin(dh * vd_set(0.5))));
    vf_store(pair->hue + x, vd_round(vd_select(far, (m + vd_set(2 * PI)) * vd_set(0.5), m * vd_set(0.5))));
    vf_store(pair->chroma + x, mean(c1, c2));
}

VP_REAL_FN VF difference(const VP_NAME(Colours) *one, const VP_NAME(Colours) *two, const VP_NAME(Means) *pair, int x)
{
    const VF L1 = vf_load(one->L + x), L2 = vf_load(two->L + x);
    const VF u = mean(L1, L2) - vf_set(50);
    const VD u2 = vd_widen(u) * vd_widen(u), c = vd_widen(vf_load(pair->chroma + x));
    const VF sl = vd_round(vd_set(1) + vd_set(0.015) * u2 / vd_sqrt(vd_set(20) + u2));
    const VF sc = vd_round(vd_set(1) + vd_set(0.045) * c);
    const VF sh = vd_round(vd_set(1) + vd_set(0.015) * c * vd_widen(vf_load(pair->T + x)));
    const VF l = (L2 - L1) / (vf_set(0.65f) * sl);
    const VF k = (vf_load(two->chroma + x) - vf_load(one->chroma + x)) / sc;
    const VF h = vf_load(pair->dH + x) / (vf_set(4) * sh);
    const VF r = (vf_load(pair->R + x) * k) * h;
    const VD dl = vd_widen(l), dk = vd_widen(k), dh = vd_widen(h);
    return vd_round(vd_sqrt(dl * dl + dk * dk + dh * dh + vd_widen(r)));
}

VP_LEVEL void VP_NAME(vp_ciede_row)(const uint16_t *const ref[3], const uint16_t *const dis[3], int bpc, int n,
                                    double *sum)
{
    VP_NAME(Colours) one, two;
    VP_NAME(Means) pair;
    float e[RUN];
    double total = *sum;
    for (int first = 0; first < n; first += RUN) {
        const int size = n - first < RUN ? n - first : RUN;
        to_lab(ref, first, size, bpc, &one);
        to_lab(dis, first, size, bpc, &two);
        for (int x = 0; x < size; x += VD_LANES) stretch(&one, &two, x, pair.coloured);
        for (int x = 0; x < size; x += VD_LANES) {
            vf_store(one.hue + x, hue(vf_load(one.b + x), vf_load(one.a + x)));
            vf_store(two.hue + x, hue(vf_load(two.b + x), vf_load(two.a + x)));
        }
        for (int x = 0; x < size; x += VD_LANES) hue_difference(&one, &two, &pair, x);
        for (int x = 0; x < size; x += VD_LANES) vf_store(pair.T + x, hue_weight(vf_load(pair.hue + x)));
        for (int x = 0; x < size; x += VD_LANES)
            vf_store(pair.R + x, rotation(vf_load(pair.chroma + x), vf_load(pair.hue + x)));
        for (int x = 0; x < size; x += VD_LANES) vf_store(e + x, difference(&one, &two, &pair, x));
        for (int x = 0; x < size; x++) total += (double)e[x];
    }
    *sum = total;
}
