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

typedef struct VP_NAME(Lab) {
    VF L, a, b;
} VP_NAME(Lab);

VP_REAL_FN VP_NAME(Lab) to_lab(const uint16_t *const sample[3], int x, int bpc)
{
    const double unit = 1 << (bpc - 8);
    const VD luma = (vd_load_u16(sample[0] + x) - vd_set(16 * unit)) * vd_set(1 / (219 * unit));
    const VD cb = (vd_load_u16(sample[1] + x) - vd_set(128 * unit)) * vd_set(1 / (224 * unit));
    const VD cr = (vd_load_u16(sample[2] + x) - vd_set(128 * unit)) * vd_set(1 / (224 * unit));
    const VD r = linear_light(luma + vd_set(1.28033) * cr);
    const VD g = linear_light(luma - vd_set(0.21482) * cb - vd_set(0.38059) * cr);
    const VD b = linear_light(luma + vd_set(2.12798) * cb);
    const VD X = vd_set(0.4124564390896921) * r + vd_set(0.357576077643909) * g + vd_set(0.18043748326639894) * b;
    const VD Y = vd_set(0.21267285140562248) * r + vd_set(0.715152155287818) * g + vd_set(0.07217499330655958) * b;
    const VD Z = vd_set(0.019333895582329317) * r + vd_set(0.119192025881303) * g + vd_set(0.9503040785363677) * b;
    const VD fx = lightness(X * vd_set(1 / 0.95047)), fy = lightness(Y), fz = lightness(Z * vd_set(1 / 1.08883));
    return (VP_NAME(Lab)){
        .L = vd_round(vd_set(116) * fy - vd_set(16)),
        .a = vd_round(vd_set(500) * (fx - fy)),
        .b = vd_round(vd_set(200) * (fy - fz)),
    };
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

VP_REAL_FN VF difference(VP_NAME(Lab) one, VP_NAME(Lab) two)
{
    const VF chroma1 = chroma(one.a, one.b), chroma2 = chroma(two.a, two.b);
    const VD c7 = seventh_power(mean(chroma1, chroma2));
    const VD stretch = vd_set(1) - vd_sqrt(c7 / (c7 + vd_set(6103515625.0)));
    const VD a1 = vd_widen(one.a), a2 = vd_widen(two.a);
    const VF red1 = vd_round(a1 + a1 * vd_set(0.5) * stretch), red2 = vd_round(a2 + a2 * vd_set(0.5) * stretch);
    const VF c1 = chroma(red1, one.b), c2 = chroma(red2, two.b), c = mean(c1, c2);

    const VF u = mean(one.L, two.L) - vf_set(50);
    const VD u2 = vd_widen(u) * vd_widen(u);
    const VF sl = vd_round(vd_set(1) + vd_set(0.015) * u2 / vd_sqrt(vd_set(20) + u2));
    const VF sc = vd_round(vd_set(1) + vd_set(0.045) * vd_widen(c));

    const VF h1 = hue(one.b, red1), h2 = hue(two.b, red2);
    const VD d = vd_widen(h2 - h1), m = vd_widen(h1 + h2);
    const VM far = vd_greater(vd_abs(d), vd_set(PI));
    VD dh = vd_select(vd_greater(d, vd_set(0)), d - vd_set(2 * PI), d + vd_set(2 * PI));
    dh = vd_select(far, dh, d);
    /* without chroma there is no hue */
    const VM coloured1 = vd_greater(vd_widen(chroma1), vd_set(0)), coloured2 = vd_greater(vd_widen(chroma2), vd_set(0));
    dh = vd_select(coloured1, vd_select(coloured2, dh, vd_set(0)), vd_set(0));
    dh = vd_widen(vd_round(dh));
    const VF dH = vd_round(vd_set(2) * vd_sqrt(vd_widen(c1 * c2)) * half_turn_sin(dh * vd_set(0.5)));
    const VF h = vd_round(vd_select(far, (m + vd_set(2 * PI)) * vd_set(0.5), m * vd_set(0.5)));
    const VF sh = vd_round(vd_set(1) + vd_set(0.015) * vd_widen(c) * vd_widen(hue_weight(h)));

    const VF l = (two.L - one.L) / (vf_set(0.65f) * sl);
    const VF x = (c2 - c1) / sc;
    const VF z = dH / (vf_set(4) * sh);
    const VF r = (rotation(c, h) * x) * z;
    const VD dl = vd_widen(l), dx = vd_widen(x), dz = vd_widen(z);
    return vd_round(vd_sqrt(dl * dl + dx * dx + dz * dz + vd_widen(r)));
}

VP_LEVEL void VP_NAME(vp_ciede_row)(const uint16_t *const ref[3], const uint16_t *const dis[3], int bpc, int n,
                                    double *sum)
{
    double total = *sum;
    for (int x = 0; x < n; x += VD_LANES) {
        float e[VD_LANES];
        vf_store(e, difference(to_lab(ref, x, bpc), to_lab(dis, x, bpc)));
        for (int i = 0; i < VD_LANES; i++)
            if (VD_LANES == 1 || x + i < n) total += (double)e[i];
    }
    *sum = total;
}
