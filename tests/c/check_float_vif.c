#include <math.h>

#include "check_float.h"
#include "kernel/float_vif.h"

enum { OUT_ROWS = VP_FLOAT_VIF_ROWS * VP_VIF_MOMENTS, IN_ROWS = VP_FLOAT_VIF_ROWS + VP_FLOAT_MAX_TAPS - 1 };

static void check_moments(VpCheck *t, const VpFloatVifKernels *ref, const VpFloatVifKernels *got)
{
    static const int lengths[] = {3, 5, 7, 9, 17, 65};
    for (int i = 0; i < 6; i++)
        for (int w = 1; w <= 66; w += 5) {
            const int taps = lengths[i], n = vp_float_padded(w);
            const float *tap = vp_check_taps(t, taps), *x[IN_ROWS], *y[IN_ROWS];
            float *a[OUT_ROWS], *b[OUT_ROWS];
            for (int k = 0; k < VP_FLOAT_VIF_ROWS + taps - 1; k++) {
                x[k] = vp_check_floats(t, n);
                y[k] = vp_check_floats(t, n);
            }
            for (int k = 0; k < OUT_ROWS; k++) {
                a[k] = vp_check_floats(t, n);
                b[k] = vp_check_floats(t, n);
            }
            ref->moments(x, y, tap, taps, w, a);
            got->moments(x, y, tap, taps, w, b);
            for (int k = 0; k < OUT_ROWS; k++)
                vp_check_bytes(t, a[k], b[k], (size_t)w * sizeof(float), "moments taps=%d w=%d row %d", taps, w, k);
            vp_check_free(t);
        }
}

/* Filtered moments around every threshold of the statistics: variances of nothing, of less than the noise, of the
 * noise itself and of much more; covariances up to what the variances allow, of both signs, and 0. */
static void fill_moments(VpCheck *t, float *moment[VP_VIF_MOMENTS], int n, double noise)
{
    for (int i = 0; i < n; i++) {
        const float mx = (float)vp_check_range(t, -3000, 3000) / 24, my = (float)vp_check_range(t, -3000, 3000) / 24;
        float variance[2];
        for (int k = 0; k < 2; k++) {
            const float u = (float)vp_check_range(t, 0, 1000) / 1000;
            switch (vp_check_range(t, 0, 6)) {
            case 0: variance[k] = 0; break;
            case 1: variance[k] = u * 2e-10f; break;
            case 2: variance[k] = (float)noise; break;
            case 3: variance[k] = u * (float)noise * 2; break;
            case 4: variance[k] = -u * 1e-3f; break;
            default: variance[k] = u * u * 10000;
            }
        }
        const float r = vp_check_range(t, 0, 9) ? (float)vp_check_range(t, -300, 1000) / 1000 : 0;
        const float both = variance[0] > 0 && variance[1] > 0 ? sqrtf(variance[0]) * sqrtf(variance[1]) : 0;
        const int centred = vp_check_range(t, 0, 1); /* else small variances drown in the squared mean */
        moment[VP_VIF_X][i] = centred ? 0 : mx;
        moment[VP_VIF_Y][i] = centred ? 0 : my;
        moment[VP_VIF_XX][i] = (centred ? 0 : mx * mx) + variance[0];
        moment[VP_VIF_YY][i] = (centred ? 0 : my * my) + variance[1];
        moment[VP_VIF_XY][i] = (centred ? 0 : mx * my) + r * both;
    }
}

static void check_information(VpCheck *t, const VpFloatVifKernels *ref, const VpFloatVifKernels *got)
{
    static const double noises[] = {2, 0.7, 0, 5, 0.25, 1e-7, 1e-12};
    static const float gains[] = {100, 1, 1.2f};
    for (int w = 1; w <= 300; w += 1 + w / 20)
        for (int k = 0; k < 7; k++) {
            const int n = vp_float_padded(w), limits = vp_check_range(t, 1, 3);
            float *moment[VP_VIF_MOMENTS], *num[2][3], *den[2];
            for (int m = 0; m < VP_VIF_MOMENTS; m++) moment[m] = vp_check_floats(t, n);
            fill_moments(t, moment, n, noises[k]);
            for (int level = 0; level < 2; level++) {
                den[level] = vp_check_floats(t, n);
                for (int g = 0; g < limits; g++) num[level][g] = vp_check_floats(t, n);
            }
            const float *const in[] = {moment[0], moment[1], moment[2], moment[3], moment[4]};
            ref->information(in, w, noises[k], gains, limits, num[0], den[0]);
            got->information(in, w, noises[k], gains, limits, num[1], den[1]);
            const size_t bytes = (size_t)w * sizeof(float);
            vp_check_bytes(t, den[0], den[1], bytes, "information w=%d noise=%g den", w, noises[k]);
            for (int g = 0; g < limits; g++)
                vp_check_bytes(t, num[0][g], num[1][g], bytes, "information w=%d noise=%g gain=%g", w, noises[k],
                               gains[g]);
            vp_check_free(t);
        }
}

void vp_check_family(VpCheck *t)
{
    VpFloatVifKernels ref, got;
    vp_float_vif_kernels_init(&ref, 0);
    vp_float_vif_kernels_init(&got, t->cpu);
    check_moments(t, &ref, &got);
    check_information(t, &ref, &got);
}

enum { W = 1920 };
typedef struct Bench {
    VpFloatVifKernels k;
    const float *tap, *x[IN_ROWS], *y[IN_ROWS], *moment[VP_VIF_MOMENTS];
    float *out[OUT_ROWS];
} Bench;

static void bench_moments(void *arg)
{
    Bench *b = arg;
    b->k.moments(b->x, b->y, b->tap, 17, W, b->out);
}
static void bench_information(void *arg)
{
    static const float gain[] = {100};
    Bench *b = arg;
    b->k.information(b->moment, W, 2, gain, 1, b->out, b->out[1]);
}
static void bench_information_neg(void *arg)
{
    static const float gain[] = {100, 1};
    Bench *b = arg;
    b->k.information(b->moment, W, 2, gain, 2, b->out, b->out[2]);
}

void vp_bench_family(VpCheck *t)
{
    Bench b = {.tap = vp_check_taps(t, 17)};
    for (int i = 0; i < VP_FLOAT_VIF_ROWS + 16; i++) {
        b.x[i] = vp_check_floats(t, W);
        b.y[i] = vp_check_floats(t, W);
    }
    for (int i = 0; i < OUT_ROWS; i++) b.out[i] = vp_check_floats(t, W);
    float *moment[VP_VIF_MOMENTS];
    for (int m = 0; m < VP_VIF_MOMENTS; m++) b.moment[m] = moment[m] = vp_check_floats(t, W);
    fill_moments(t, moment, W, 2);
    vp_float_vif_kernels_init(&b.k, t->cpu);
    vp_bench(t, "float_vif/moments", "w=1920 rows=8 taps=17", bench_moments, &b);
    vp_bench(t, "float_vif/information", "w=1920", bench_information, &b);
    vp_bench(t, "float_vif/information", "w=1920 with NEG", bench_information_neg, &b);
}
