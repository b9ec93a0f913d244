/* The roots and transcendental functions of CIEDE2000, of any vector width: included after a reals_<level>.h.
 *
 * Relative errors are below 1e-14: single precision, to which every result is rounded, is met but for one value in
 * millions. The argument ranges are those of colour; nothing else is handled. Polynomials are minimax. Steps wait for
 * one another as little as can be: that, not their number, is what these functions take. */

/* c0 + c1 q + c2 q^2 + c3 q^3; q2: q^2 */
VP_REAL_FN VD cubic(VD q, VD q2, double c0, double c1, double c2, double c3)
{
    return (vd_set(c0) + q * vd_set(c1)) + q2 * (vd_set(c2) + q * vd_set(c3));
}

/* One step of (1 - e)^(-1/n) = 1 + e c1 + e^2 c2 + e^3 c3 + ... for r near a^(-1/n), e = 1 - a r^n. */
VP_REAL_FN VD root_step(VD r, VD e, double c1, double c2, double c3)
{
    return r + r * e * ((vd_set(c1) + e * vd_set(c2)) + e * e * vd_set(c3));
}

/* a^(1/3), a > 0 and normal. */
VP_REAL_FN VD cube_root(VD a)
{
    VD r = vd_guess(a, UINT64_C(0x553ee94467382000), 0x55555556); /* |e| < 0.11 */
    r = root_step(r, vd_set(1) - (a * r) * (r * r), 1.0 / 3, 2.0 / 9, 14.0 / 81);
    const VD e = vd_set(1) - (a * r) * (r * r);
    r = r + r * e * (vd_set(1.0 / 3) + e * vd_set(2.0 / 9));
    return a * (r * r);
}

/* a^2.4, a > 0 and normal. */
VP_REAL_FN VD power_2_4(VD a)
{
    VD r = vd_guess(a, UINT64_C(0x4cb89c432ca57800), 0x33333334); /* a^(-1/5), |e| < 0.16 */
    for (int i = 0; i < 2; i++) {
        const VD r2 = r * r;
        r = root_step(r, vd_set(1) - (a * r) * (r2 * r2), 1.0 / 5, 3.0 / 25, 11.0 / 125);
    }
    const VD p = a * r;
    return p * p * p;
}

#define PI 3.14159265358979323846

/* The angle of (x, y), -pi to pi; 0 if both are 0. */
VP_REAL_FN VD angle(VD y, VD x)
{
    const VD ax = vd_abs(x), ay = vd_abs(y);
    const VM steep = vd_greater(ay, ax);
    const VD low = vd_select(steep, ax, ay), high = vd_select(steep, ay, ax);
    /* beyond pi / 12 turn by pi / 6 */
    const VM turn = vd_greater(low, high * vd_set(0.26794919243112270647));
    const VD root3 = vd_set(1.7320508075688772935);
    const VD num = vd_select(turn, low * root3 - high, low), den = vd_select(turn, high * root3 + low, high);
    const VD z = num / vd_select(vd_greater(den, vd_set(0)), den, vd_set(1)), q = z * z;
    const VD q2 = q * q;
    const VD first = cubic(q, q2, -0.33333333333331033, 0.19999999998954435, -0.14285714123078877, 0.11111098856706539);
    const VD rest = cubic(q, q2, -0.09090396754261468, 0.07679757140408693, -0.06486312461739861, 0.04449246091918521);
    VD a = z + z * (q * (first + q2 * q2 * rest));
    a = vd_select(turn, vd_set(PI / 6) + a, a);
    a = vd_select(steep, vd_set(PI / 2) - a, a);
    a = vd_select(vd_greater(vd_set(0), x), vd_set(PI) - a, a);
    return vd_negate(vd_greater(vd_set(0), y), a);
}

/* sin a, |a| <= pi / 2 and a little. */
VP_REAL_FN VD half_turn_sin(VD a)
{
    const VD q = a * a, q2 = q * q;
    const VD first =
        cubic(q, q2, -0.1666666666666626, 0.008333333333291247, -0.00019841269826532232, 2.7557316776563143e-06);
    const VD rest =
        (vd_set(-2.5051890906691304e-08) + q * vd_set(1.6048411844501685e-10)) + q2 * vd_set(-7.377030929102351e-13);
    return a + a * (q * (first + q2 * q2 * rest));
}

/* Adding and taking away 1.5 * 2^52 rounds to an integer, which the sum holds in its lowest bits. */
#define ROUNDER 6755399441055744.0

/* sin a and cos a, 0 <= a <= 8. */
VP_REAL_FN void sin_cos(VD a, VD *sine, VD *cosine)
{
    const VD turns = a * vd_set(2 / PI) + vd_set(ROUNDER), k = turns - vd_set(ROUNDER);
    const VD r = (a - k * vd_set(1.57079632673412561417)) - k * vd_set(6.07710050650619224932e-11);
    const VD q = r * r, q2 = q * q, q4 = q2 * q2;
    VD s = cubic(q, q2, -0.16666666666666632, 0.00833333333332237, -0.0001984126982977119, 2.755731367867473e-06);
    s = s + q4 * (vd_set(-2.5050755962855632e-08) + q * vd_set(1.5896666591438104e-10));
    s = r + r * (q * s);
    VD c = cubic(q, q2, 0.04166666666660194, -0.001388888887823192, 2.4801580952720977e-05, -2.7555563638826483e-07);
    c = c + q4 * vd_set(2.064751014750872e-09);
    c = (vd_set(1) - vd_set(0.5) * q) + q2 * c;
    const VM odd = vd_bit(turns, 0);
    *sine = vd_negate(vd_bit(turns, 1), vd_select(odd, c, s));
    *cosine = vd_negate(vd_bit(turns + vd_set(1), 1), vd_select(odd, s, c));
}

/* e^a, -100 <= a <= 0. */
VP_REAL_FN VD exponential(VD a)
{
    const VD scaled = a * vd_set(1.44269504088896340736) + vd_set(ROUNDER), n = scaled - vd_set(ROUNDER);
    const VD r = (a - n * vd_set(6.93147180369123816490e-01)) - n * vd_set(1.90821492927058770002e-10);
    const VD r2 = r * r, r4 = r2 * r2;
    const VD first = cubic(r, r2, 0.5000000000000016, 0.16666666666610414, 0.041666666666480834, 0.008333333371387548);
    const VD rest =
        cubic(r, r2, 0.0013888888957645205, 0.00019841184540695053, 2.4801478178498512e-05, 2.763527924321147e-06);
    const VD p = first + r4 * (rest + r4 * vd_set(2.7635591849581405e-07));
    return vd_scale(vd_set(1) + (r + r2 * p), scaled);
}
