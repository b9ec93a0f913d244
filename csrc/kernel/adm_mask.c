/* Integer ADM: contrast sensitivity, contrast masking and the sums of cubes, in plain C.
 *
 * Sums and products that leave their width with the extreme factors of CSF mode 1 wrap, as they do in libvmaf: they are
 * made of unsigned integers here. */
#include <stdlib.h>

#include "kernel/adm_levels.h"

static inline int32_t product16(int16_t z, uint32_t f)
{
    return (int32_t)((uint32_t)(int32_t)z * f);
}

/* Weighted by contrast sensitivity and rounded, for masks: at scale 0 (d is rounded by one unit less than a half) and
 * above it, where the weighted signal is the same. */
static inline int16_t weighted16_hv(int16_t z, uint32_t f)
{
    return (int16_t)((int32_t)((uint32_t)product16(z, f) + 16384u) >> 15);
}

static inline int16_t weighted16_d(int16_t z, uint32_t f)
{
    return (int16_t)((int32_t)((uint32_t)product16(z, f) + 65535u) >> 17);
}

static inline int32_t weighted32(int32_t z, uint32_t f)
{
    return (int32_t)(((int64_t)z * f + (1 << 27)) >> 28);
}

static inline uint32_t magnitude(int32_t v)
{
    return v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
}

/* The mask of one weighted value, stored in 16 bits: a thirtieth of it around, a fifteenth at its own place. Values of
 * 15360 and more wrap the latter. */
static inline void add_mask16(int16_t q, int32_t *around, int32_t *centre)
{
    const int32_t size = abs(q);
    const int16_t f = (int16_t)((4369 * size + 2048) >> 12), g = (int16_t)((8738 * size + 2048) >> 12);
    *around += f;
    *centre += g - f;
}

void vp_adm_mask16_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n)
{
    const int16_t *h = z[VP_ADM_H], *v = z[VP_ADM_V], *d = z[VP_ADM_D];
    for (int x = 0; x < n; x++) {
        int32_t ax = 0, cx = 0;
        add_mask16(weighted16_hv(h[x], f.hv), &ax, &cx);
        add_mask16(weighted16_hv(v[x], f.hv), &ax, &cx);
        add_mask16(weighted16_d(d[x], f.d), &ax, &cx);
        around[x] = ax;
        centre[x] = cx;
    }
}

/* The rounding is down by one half, so a weighted value of 0 masks with -1. */
static inline void add_mask32(int32_t q, uint32_t *around, uint32_t *centre)
{
    const int64_t size = magnitude(q), half = (int64_t)1 << 31;
    const uint32_t f = (uint32_t)((143165577 * size - half) >> 32), g = (uint32_t)((286331153 * size - half) >> 32);
    *around += f;
    *centre += g - f;
}

void vp_adm_mask32_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n)
{
    const int32_t *h = z[VP_ADM_H], *v = z[VP_ADM_V], *d = z[VP_ADM_D];
    for (int x = 0; x < n; x++) {
        uint32_t ax = 0, cx = 0;
        add_mask32(weighted32(h[x], f.hv), &ax, &cx);
        add_mask32(weighted32(v[x], f.hv), &ax, &cx);
        add_mask32(weighted32(d[x], f.d), &ax, &cx);
        around[x] = (int32_t)ax;
        centre[x] = (int32_t)cx;
    }
}

static void threshold(const int32_t *const around[3], const int32_t *centre, int32_t *out, int n)
{
    for (int x = 0; x < n; x++) {
        uint32_t sum = (uint32_t)centre[x];
        for (int y = 0; y < 3; y++)
            sum += (uint32_t)around[y][x - 1] + (uint32_t)around[y][x] + (uint32_t)around[y][x + 1];
        out[x] = (int32_t)sum;
    }
}

/* What is left of a signal, cubed in two rounded steps. Both products fit 64 bits for any 32-bit values. */
static inline uint64_t cube(uint32_t size, uint32_t lowered_by, int shift2, int shift3)
{
    const int32_t above = (int32_t)(size - lowered_by);
    const int64_t x = above > 0 ? above : 0;
    const int32_t x2 = (int32_t)((x * x + ((int64_t)1 << (shift2 - 1))) >> shift2);
    return (uint64_t)((x2 * x + ((int64_t)1 << (shift3 - 1))) >> shift3);
}

void vp_adm_cubes16_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width, int n,
                      uint64_t sum[VP_ADM_BANDS])
{
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int16_t *zb = z[b];
        const bool d = b == VP_ADM_D;
        const uint32_t factor = d ? f.d : f.hv;
        const int scale = d ? 12 : 10, shift2 = d ? 30 : 29, shift3 = log2_width - (d ? 3 : 4);
        uint64_t s = 0;
        for (int x = 0; x < n; x++)
            s += cube(magnitude(product16(zb[x], factor)), (uint32_t)thr[x] << scale, shift2, shift3);
        sum[b] = s;
    }
}

void vp_adm_cubes32_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width, int n,
                      uint64_t sum[VP_ADM_BANDS])
{
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int32_t *zb = z[b];
        const uint32_t factor = b == VP_ADM_D ? f.d : f.hv;
        uint64_t s = 0;
        for (int x = 0; x < n; x++)
            s += cube(magnitude(weighted32(zb[x], factor)), (uint32_t)thr[x], 30, log2_width);
        sum[b] = s;
    }
}

static void cubes_reference16(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                              uint64_t sum[VP_ADM_BANDS])
{
    (void)scale;
    (void)log2_width;
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int16_t *ob = o[b];
        uint64_t s = 0;
        for (int x = 0; x < n; x++) {
            const uint64_t size = magnitude(ob[x]);
            s += size * size * size;
        }
        sum[b] = s;
    }
}

/* The square is rounded up by a whole unit. */
static void cubes_reference32(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                              uint64_t sum[VP_ADM_BANDS])
{
    const int shift2 = scale == 2 ? 30 : 31;
    const uint64_t half = (uint64_t)1 << (log2_width - 1);
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int32_t *ob = o[b];
        uint64_t s = 0;
        for (int x = 0; x < n; x++) {
            const uint64_t size = magnitude(ob[x]), square = (size * size >> shift2) + 1;
            s += (square * size + half) >> log2_width;
        }
        sum[b] = s;
    }
}

void vp_adm_mask_c(VpAdmKernels *k)
{
    k->band[0].mask = vp_adm_mask16_c;
    k->band[0].cubes = vp_adm_cubes16_c;
    k->band[0].cubes_reference = cubes_reference16;
    k->band[1].mask = vp_adm_mask32_c;
    k->band[1].cubes = vp_adm_cubes32_c;
    k->band[1].cubes_reference = cubes_reference32;
    k->threshold = threshold;
}
