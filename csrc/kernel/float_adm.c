#include "kernel/float_adm.h"

#include <math.h>

const float vp_float_adm_low[4] = {0.482962913144690f, 0.836516303737469f, 0.224143868041857f, -0.129409522550921f};
const float vp_float_adm_high[4] = {-0.129409522550921f, -0.224143868041857f, 0.836516303737469f, -0.482962913144690f};

static void split_rows_c(const float *const row[4], int w, float *low, float *high)
{
    const float *l = vp_float_adm_low, *h = vp_float_adm_high;
    for (int x = 0; x < vp_float_padded(w); x++) {
        const float a = row[0][x], b = row[1][x], c = row[2][x], d = row[3][x];
        low[x] = l[0] * a + l[1] * b + l[2] * c + l[3] * d;
        high[x] = h[0] * a + h[1] * b + h[2] * c + h[3] * d;
    }
}

static void split_row_c(const float *row, int w, float *low, float *high)
{
    const float *l = vp_float_adm_low, *h = vp_float_adm_high;
    for (int x = 0; x < vp_float_padded(w); x++) {
        const float *s = row + 2 * x - 1;
        low[x] = l[0] * s[0] + l[1] * s[1] + l[2] * s[2] + l[3] * s[3];
        high[x] = h[0] * s[0] + h[1] * s[1] + h[2] * s[2] + h[3] * s[3];
    }
}

static float restore(float o, float t, bool aligned, double gain)
{
    float k = t / (o + 1e-30f);
    k = k > 0 ? k : 0;
    k = k < 1 ? k : 1;
    const float r = k * o;
    if (!aligned) return r;
    /* the two pictures differ by contrast alone: allow it, up to the limit */
    const double limit = r * gain;
    if (r > 0) return limit < t ? (float)limit : t;
    if (r < 0) return limit > t ? (float)limit : t;
    return r;
}

void vp_float_adm_decouple_c(const float *const o[VP_ADM_BANDS], const float *const t[VP_ADM_BANDS], int w,
                             double gain, const float weight[VP_ADM_BANDS], float *const weighted[VP_ADM_PARTS],
                             float *const share[VP_ADM_PARTS])
{
    for (int x = 0; x < vp_float_padded(w); x++) {
        const float oh = o[VP_ADM_H][x], ov = o[VP_ADM_V][x], th = t[VP_ADM_H][x], tv = t[VP_ADM_V][x];
        const float dot = oh * th + ov * tv;
        const float o2 = oh * oh + ov * ov, t2 = th * th + tv * tv;
        const bool aligned = dot >= 0 && dot * dot >= VP_FLOAT_ADM_COS2 * o2 * t2;
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const float r = restore(o[b][x], t[b][x], aligned, gain);
            const float left = fabsf(weight[b] * r), added = fabsf(weight[b] * (t[b][x] - r));
            weighted[VP_ADM_RESTORED + b][x] = left;
            weighted[VP_ADM_ADDED + b][x] = added;
            share[VP_ADM_RESTORED + b][x] = (float)(VP_FLOAT_ADM_SHARE * left);
            share[VP_ADM_ADDED + b][x] = (float)(VP_FLOAT_ADM_SHARE * added);
        }
    }
}

static void energy_c(const float *const band[VP_ADM_BANDS], const float weight[VP_ADM_BANDS], int w, bool cube,
                     float *const term[VP_ADM_BANDS])
{
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < vp_float_padded(w); x++) {
            const float e = fabsf(weight[b] * band[b][x]);
            term[b][x] = cube ? e * e * e : e;
        }
}

static void masked_energy_c(const float *const measured[VP_ADM_BANDS], const float *const mask[VP_ADM_BANDS],
                            const float *const share[3 * VP_ADM_BANDS], int w, bool cube,
                            float *const term[VP_ADM_BANDS])
{
    for (int x = 0; x < vp_float_padded(w); x++) {
        float threshold = 0;
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const float *above = share[3 * b] + x, *at = share[3 * b + 1] + x, *below = share[3 * b + 2] + x;
            float sum = above[-1] + above[0] + above[1] + at[-1];
            sum = (float)(sum + VP_FLOAT_ADM_SHARE_MIDDLE * mask[b][x]);
            threshold += sum + at[1] + below[-1] + below[0] + below[1];
        }
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            float e = measured[b][x] - threshold;
            e = e > 0 ? e : 0;
            term[b][x] = cube ? e * e * e : e;
        }
    }
}

void vp_float_adm_kernels_init(VpFloatAdmKernels *k, unsigned cpu)
{
    k->split_rows = split_rows_c;
    k->split_row = split_row_c;
    k->decouple = vp_float_adm_decouple_c;
    k->energy = energy_c;
    k->masked_energy = masked_energy_c;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) vp_float_adm_init_avx2(k);
    if (cpu & VP_CPU_AVX512) vp_float_adm_init_avx512(k);
#elif defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) vp_float_adm_init_neon(k);
#endif
    (void)cpu;
}
