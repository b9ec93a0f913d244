#include "kernel/float_rows.h"

#include <math.h>

int vp_float_depth_known(int bpc)
{
    return bpc == 8 || bpc == 10 || bpc == 12 || bpc == 16;
}

void vp_float_mirror_left(float *row, int margin)
{
    for (int i = 1; i <= margin; i++) row[-i] = row[i];
}

void vp_float_mirror_right(float *row, int w, int margin)
{
    for (int i = 1; i <= margin; i++) row[w - 1 + i] = row[w - 1 - i];
}

static void load_c(const void *src, int bpc, int w, float *dst)
{
    if (bpc == 8) {
        const uint8_t *s = src;
        for (int x = 0; x < w; x++) dst[x] = (float)s[x] - 128.0f;
    } else {
        const uint16_t *s = src;
        const float scale = 1.0f / (float)(1 << (bpc - 8)); /* a power of two: exact */
        for (int x = 0; x < w; x++) dst[x] = (float)s[x] * scale - 128.0f;
    }
    for (int x = w; x < vp_float_padded(w); x++) dst[x] = 0;
}

static void vertical_c(const float *const *row, const float *tap, int taps, int w, float *out)
{
    for (int x = 0; x < w; x += VP_FLOAT_LANES) {
        float sum[VP_FLOAT_LANES] = {0};
        for (int k = 0; k < taps; k++)
            for (int i = 0; i < VP_FLOAT_LANES; i++) sum[i] += tap[k] * row[k][x + i];
        for (int i = 0; i < VP_FLOAT_LANES; i++) out[x + i] = sum[i];
    }
}

void vp_float_vertical_block_c(const float *const *row, const float *tap, int taps, int step, int w,
                               float *const *out)
{
    for (int r = 0; r < VP_FLOAT_BLOCK; r++) vertical_c(row + r * step, tap, taps, w, out[r]);
}

void vp_float_horizontal_c(const float *row, const float *tap, int taps, int w, float *out)
{
    for (int x = 0; x < w; x += VP_FLOAT_LANES) {
        float sum[VP_FLOAT_LANES] = {0};
        for (int k = 0; k < taps; k++)
            for (int i = 0; i < VP_FLOAT_LANES; i++) sum[i] += tap[k] * row[x + k + i];
        for (int i = 0; i < VP_FLOAT_LANES; i++) out[x + i] = sum[i];
    }
}

void vp_float_halve_c(const float *row, const float *tap, int taps, int w, float *out)
{
    for (int x = 0; x < vp_float_padded(w); x++) {
        float sum = 0;
        for (int k = 0; k < taps; k++) sum += tap[k] * row[2 * x + k];
        out[x] = sum;
    }
}

static void distance_c(const float *a, const float *b, int w, float *out)
{
    for (int x = 0; x < vp_float_padded(w); x++) out[x] = fabsf(a[x] - b[x]);
}

static void sums_c(const float *const *row, int n, int w, float *sum)
{
    float s[VP_FLOAT_MAX_SUMS];
    for (int i = 0; i < n; i++) s[i] = sum[i];
    /* rows inside: their chains of additions overlap */
    for (int x = 0; x < w; x++)
        for (int i = 0; i < n; i++) s[i] += row[i][x];
    for (int i = 0; i < n; i++) sum[i] = s[i];
}

void vp_float_rows_init(VpFloatRows *k, unsigned cpu)
{
    k->load = load_c;
    k->vertical = vertical_c;
    k->vertical_block = vp_float_vertical_block_c;
    k->horizontal = vp_float_horizontal_c;
    k->halve = vp_float_halve_c;
    k->distance = distance_c;
    k->sums = sums_c;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) vp_float_rows_init_avx2(k);
    if (cpu & VP_CPU_AVX512) vp_float_rows_init_avx512(k);
#elif defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) vp_float_rows_init_neon(k);
#endif
    (void)cpu;
}
