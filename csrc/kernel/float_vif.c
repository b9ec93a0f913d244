#include "kernel/float_vif.h"

#include <math.h>
#include <string.h>

bool vp_float_vif_kernelscale_known(double kernelscale)
{
    static const double known[] = {1,         1.0 / 2, 3.0 / 2, 2.0,        2.0 / 3, 2.4,    360.0 / 97,
                                   4.0 / 3,   3.5 / 3, 1.25,    4.25 / 3,   5.0 / 3, 3.0,    1 / 2.25,
                                   1.4746,    1.54,    1.6,     1.06667,    0.711111, 0.74074, 1.111111};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (fabs(kernelscale - known[i]) < 1e-3) return true;
    return false;
}

int vp_float_vif_window(double kernelscale, int scale, float *tap)
{
    const int base = (1 << (4 - scale)) + 1;
    int n = (int)ceilf((float)base * (float)kernelscale);
    n += n % 2 == 0;
    if (n < 3) n = 3;
    const float sigma = (float)(n / 5.0);
    const float peak = (float)(1.0 / (sigma * sqrt(2.0 * 3.14159265358979323846)));
    float sum = 0;
    for (int i = 0; i < n; i++) {
        const double d = i - n / 2;
        tap[i] = (float)exp(-0.5 * d / sigma * d / sigma) / peak;
        sum += tap[i];
    }
    for (int i = 0; i < n; i++) tap[i] /= sum;
    return n;
}

void vp_float_vif_moments_c(const float *const *x, const float *const *y, const float *tap, int taps, int w,
                            float *const *out)
{
    for (int r = 0; r < VP_FLOAT_VIF_ROWS; r++)
        for (int i0 = 0; i0 < w; i0 += VP_FLOAT_LANES) {
            float sum[VP_VIF_MOMENTS][VP_FLOAT_LANES] = {{0}};
            for (int k = 0; k < taps; k++) {
                const float *a = x[r + k] + i0, *b = y[r + k] + i0;
                for (int i = 0; i < VP_FLOAT_LANES; i++) {
                    sum[VP_VIF_X][i] += tap[k] * a[i];
                    sum[VP_VIF_Y][i] += tap[k] * b[i];
                    sum[VP_VIF_XX][i] += tap[k] * (a[i] * a[i]);
                    sum[VP_VIF_YY][i] += tap[k] * (b[i] * b[i]);
                    sum[VP_VIF_XY][i] += tap[k] * (a[i] * b[i]);
                }
            }
            for (int m = 0; m < VP_VIF_MOMENTS; m++)
                memcpy(out[r * VP_VIF_MOMENTS + m] + i0, sum[m], sizeof sum[m]);
        }
}

/* Base-2 logarithm of a positive normal number: exponent plus a polynomial of degree 8 in mantissa - 1. */
static float log2_poly(float a)
{
    static const float c[] = VP_FLOAT_VIF_LOG2;
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    const float exponent = (float)((int)(bits >> 23 & 0xff) - 127);
    bits = (bits & 0x7fffff) | 0x3f800000;
    memcpy(&a, &bits, sizeof a);
    const float m = a - 1;
    float p = c[0];
    for (int i = 1; i < 8; i++) p = p * m + c[i];
    return exponent + p * m;
}

static void information_c(const float *const moment[VP_VIF_MOMENTS], int w, double noise, const float *gain, int n,
                          float *const *num, float *den)
{
    const float eps = 1e-10f;
    const float kappa = (float)(noise * noise) / 65025.0f;
    for (int i = 0; i < vp_float_padded(w); i++) {
        const float m1 = moment[VP_VIF_X][i], m2 = moment[VP_VIF_Y][i];
        float s1 = moment[VP_VIF_XX][i] - m1 * m1;
        float s2 = moment[VP_VIF_YY][i] - m2 * m2;
        const float s12 = moment[VP_VIF_XY][i] - m1 * m2;
        s1 = s1 > 0 ? s1 : 0;
        s2 = s2 > 0 ? s2 : 0;
        if (s1 < noise) { /* the reference says nothing here: only the distorted picture's variance counts */
            den[i] = 1;
            for (int g = 0; g < n; g++) num[g][i] = 1 - s2 * kappa;
            continue;
        }
        float slope = s12 / (s1 + eps);
        float rest = s2 - slope * s12;
        if (s1 < eps) {
            slope = 0;
            rest = s2;
            s1 = 0;
        }
        if (s2 < eps) slope = rest = 0;
        if (slope < 0) {
            rest = s2;
            slope = 0;
        }
        rest = rest > eps ? rest : eps;
        den[i] = log2_poly((float)(1 + s1 / noise));
        for (int g = 0; g < n; g++) {
            const float limited = slope < gain[g] ? slope : gain[g];
            const float kept = limited * limited * s1;
            num[g][i] = s12 < 0 ? 0 : log2_poly((float)(1 + kept / (rest + noise)));
        }
    }
}

void vp_float_vif_kernels_init(VpFloatVifKernels *k, unsigned cpu)
{
    k->moments = vp_float_vif_moments_c;
    k->information = information_c;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) vp_float_vif_init_avx2(k);
    if (cpu & VP_CPU_AVX512) vp_float_vif_init_avx512(k);
#elif defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) vp_float_vif_init_neon(k);
#endif
    (void)cpu;
}
