#include "kernel/psnr_hvs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/psnr_hvs_levels.h"

enum { SIZE = VP_HVS_SIZE, N = VP_HVS_COEFFICIENTS };

static inline int32_t half(int32_t a)
{
    return a / 2;
}

/* Only samples beyond their depth leave 32 bits: wrapped, not undefined. */
static inline int32_t multiply(int32_t v, int32_t c, int s)
{
    return (int32_t)((uint32_t)v * (uint32_t)c + (1u << (s - 1))) >> s;
}

#define I int32_t
#define DCT_HALF(a) half(a)
#define DCT_MUL(v, c, s) multiply(v, c, s)
#define DCT_FUNCTION static void transform
#include "kernel/psnr_hvs_dct.h"

static void transform_block(const int32_t *x, int32_t *t)
{
    for (int i = 0; i < N; i++) t[i] = x[i];
    for (int j = 0; j < SIZE; j++) transform(t + j, SIZE);
    for (int i = 0; i < SIZE; i++) transform(t + i * SIZE, 1);
}

/* How much a block hides. */
static float masking(const VpHvsTable *t, const int32_t *x, const int32_t *coefficient)
{
    float mean = 0, quadrant_mean[4] = {0}, all = 0, quadrant[4] = {0};
    for (int i = 0; i < N; i++) {
        mean += (float)x[i];
        quadrant_mean[(i >> 5) + 2 * (i >> 2 & 1)] += (float)x[i];
    }
    mean /= N;
    for (int q = 0; q < 4; q++) quadrant_mean[q] /= N / 4;
    for (int i = 0; i < N; i++) {
        const int q = (i >> 5) + 2 * (i >> 2 & 1);
        const float d = (float)x[i] - mean, e = (float)x[i] - quadrant_mean[q];
        all += d * d;
        quadrant[q] += e * e;
    }
    all *= VP_HVS_BLOCK_VARIANCE;
    for (int q = 0; q < 4; q++) quadrant[q] *= VP_HVS_QUADRANT_VARIANCE;
    if (all > 0) all = (quadrant[0] + quadrant[1] + quadrant[2] + quadrant[3]) / all;

    float energy = 0;
    for (int i = 1; i < N; i++)
        energy += (float)(int32_t)((uint32_t)coefficient[i] * (uint32_t)coefficient[i]) * t->mask[i];
    return (float)(sqrt((double)(energy * all)) / 32);
}

/* Adds the terms of one block of samples x[0] (reference) and x[1] (distorted). */
static void add_block(const VpHvsTable *t, int32_t x[2][N], VpHvsSum *sum)
{
    int32_t c[2][N];
    float mask = 0;
    for (int p = 0; p < 2; p++) {
        transform_block(x[p], c[p]);
        const float m = masking(t, x[p], c[p]);
        mask = m > mask ? m : mask;
    }
    float total = sum->total;
    for (int i = 0; i < N; i++) {
        float e = (float)abs(c[0][i] - c[1][i]);
        if (i) {
            const float threshold = mask / t->mask[i];
            e = e < threshold ? 0 : e - threshold;
        }
        const float weighted = e * t->csf[i];
        total += weighted * weighted;
    }
    sum->total = total;
}

float vp_hvs_total(const VpHvsSum *sum)
{
    float total = sum->total;
    for (int b = 0; b < VP_HVS_GROUP; b++)
        for (int i = 0; i < N; i++) total += sum->waiting[i * VP_HVS_GROUP + b];
    return total;
}

static void add_waiting(VpHvsSum *sum)
{
    sum->total = vp_hvs_total(sum);
    memset(sum->waiting, 0, sizeof sum->waiting);
}

void vp_hvs_group8_c(const VpHvsTable *t, const uint8_t *ref, ptrdiff_t ref_stride, const uint8_t *dis,
                     ptrdiff_t dis_stride, int blocks, VpHvsSum *sum)
{
    add_waiting(sum);
    for (int b = 0; b < blocks; b++) {
        int32_t x[2][N];
        for (int i = 0; i < SIZE; i++)
            for (int j = 0; j < SIZE; j++) {
                x[0][i * SIZE + j] = ref[i * ref_stride + b * VP_HVS_STEP + j];
                x[1][i * SIZE + j] = dis[i * dis_stride + b * VP_HVS_STEP + j];
            }
        add_block(t, x, sum);
    }
}

void vp_hvs_group16_c(const VpHvsTable *t, const uint16_t *ref, ptrdiff_t ref_stride, const uint16_t *dis,
                      ptrdiff_t dis_stride, int blocks, VpHvsSum *sum)
{
    add_waiting(sum);
    for (int b = 0; b < blocks; b++) {
        int32_t x[2][N];
        for (int i = 0; i < SIZE; i++) {
            const uint16_t *const r = (const void *)((const uint8_t *)ref + i * ref_stride);
            const uint16_t *const d = (const void *)((const uint8_t *)dis + i * dis_stride);
            for (int j = 0; j < SIZE; j++) {
                x[0][i * SIZE + j] = r[b * VP_HVS_STEP + j];
                x[1][i * SIZE + j] = d[b * VP_HVS_STEP + j];
            }
        }
        add_block(t, x, sum);
    }
}

void vp_hvs_kernels_init(VpHvsKernels *k, unsigned cpu)
{
    k->group8 = vp_hvs_group8_c;
    k->group16 = vp_hvs_group16_c;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) {
        k->group8 = vp_hvs_group8_avx2;
        k->group16 = vp_hvs_group16_avx2;
    }
    if (cpu & VP_CPU_AVX512) {
        k->group8 = vp_hvs_group8_avx512;
        k->group16 = vp_hvs_group16_avx512;
    }
#elif defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) {
        k->group8 = vp_hvs_group8_neon;
        k->group16 = vp_hvs_group16_neon;
    }
#endif
    (void)cpu;
}

double vp_hvs_plane(const VpHvsKernels *k, const VpHvsTable *t, const VpPlane *ref, const VpPlane *dis, int bpc)
{
    const int across = (ref->w - 1) / VP_HVS_STEP, down = (ref->h - 1) / VP_HVS_STEP;
    VpHvsSum sum = {0};
    for (int y = 0; y < down; y++) {
        const void *const r = vp_row(ref, y * VP_HVS_STEP), *const d = vp_row(dis, y * VP_HVS_STEP);
        for (int x = 0; x < across; x += VP_HVS_GROUP) {
            const int blocks = across - x < VP_HVS_GROUP ? across - x : VP_HVS_GROUP;
            const ptrdiff_t first = (ptrdiff_t)x * VP_HVS_STEP;
            if (bpc == 8)
                k->group8(t, (const uint8_t *)r + first, ref->stride, (const uint8_t *)d + first, dis->stride, blocks,
                          &sum);
            else
                k->group16(t, (const uint16_t *)r + first, ref->stride, (const uint16_t *)d + first, dis->stride,
                           blocks, &sum);
        }
    }
    const float peak = (float)((1 << bpc) - 1);
    return (double)(vp_hvs_total(&sum) / (float)(VP_HVS_COEFFICIENTS * across * down) / (peak * peak));
}
