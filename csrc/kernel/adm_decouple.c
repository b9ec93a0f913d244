/* Integer ADM: decoupling of restored detail and additive impairment, in plain C. */
#include "kernel/adm_levels.h"

/* 2^30 / q for q = 1 .. 32768: the quotient of doubles truncates to the exact integer quotient. */
static inline int32_t reciprocal(int32_t q)
{
    return (int32_t)(1073741824.0 / q);
}

/* t / o in 15 fractional bits, 0 to 1, from the 15 highest bits of o. */
static inline int32_t ratio(int32_t o, int32_t t)
{
    if (o == 0) return 32768;
    const int32_t size = o < 0 ? -o : o;
    const int64_t along = o < 0 ? -(int64_t)t : t;
    int e = 0;
    int32_t q = size;
    if (size >= 32768) {
        while (size >> e >= 32768) e++;
        q = (size + (1 << (e - 1))) >> e;
    }
    const int64_t k = (reciprocal(q) * along + ((int64_t)1 << (14 + e))) >> (15 + e);
    return k < 0 ? 0 : k > 32768 ? 32768 : (int32_t)k;
}

static inline int32_t restored_part(int32_t o, int32_t t)
{
    return (int32_t)(((int64_t)ratio(o, t) * o + 16384) >> 15);
}

/* A restored part of the sign of t, or 0, may be amplified, though not beyond t. The restored part is not 0 only where
 * t has the sign of the reference coefficient. */
static inline int32_t limited(int32_t restored, int32_t t, double gain)
{
    const double amplified = restored * gain;
    if (restored > 0) return amplified < t ? (int32_t)amplified : t;
    if (restored < 0) return amplified > t ? (int32_t)amplified : t;
    return 0;
}

static void restore16(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                      void *const r[VP_ADM_BANDS], void *close, int n)
{
    const int16_t *oh = o[VP_ADM_H], *ov = o[VP_ADM_V], *th = t[VP_ADM_H], *tv = t[VP_ADM_V];
    int16_t *c = close;
    for (int x = 0; x < n; x++) c[x] = (int16_t)-vp_adm_is_close(oh[x], ov[x], th[x], tv[x]);
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int16_t *ob = o[b], *tb = t[b];
        int16_t *rb = r[b];
        for (int x = 0; x < n; x++) rb[x] = (int16_t)restored_part(ob[x], tb[x]);
    }
}

static void restore32(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                      void *const r[VP_ADM_BANDS], void *close, int n)
{
    const int32_t *oh = o[VP_ADM_H], *ov = o[VP_ADM_V], *th = t[VP_ADM_H], *tv = t[VP_ADM_V];
    int32_t *c = close;
    for (int x = 0; x < n; x++) c[x] = -vp_adm_is_close(oh[x], ov[x], th[x], tv[x]);
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int32_t *ob = o[b], *tb = t[b];
        int32_t *rb = r[b];
        for (int x = 0; x < n; x++) rb[x] = restored_part(ob[x], tb[x]);
    }
}

void vp_adm_limit16_c(const void *const restored[VP_ADM_BANDS], const void *close, const void *const t[VP_ADM_BANDS],
                      double gain, void *const r[VP_ADM_BANDS], void *const a[VP_ADM_BANDS], int n)
{
    const int16_t *c = close;
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int16_t *in = restored[b], *tb = t[b];
        int16_t *rb = r[b], *ab = a[b];
        for (int x = 0; x < n; x++) {
            rb[x] = c[x] ? (int16_t)limited(in[x], tb[x], gain) : in[x];
            ab[x] = (int16_t)(tb[x] - rb[x]);
        }
    }
}

void vp_adm_limit32_c(const void *const restored[VP_ADM_BANDS], const void *close, const void *const t[VP_ADM_BANDS],
                      double gain, void *const r[VP_ADM_BANDS], void *const a[VP_ADM_BANDS], int n)
{
    const int32_t *c = close;
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int32_t *in = restored[b], *tb = t[b];
        int32_t *rb = r[b], *ab = a[b];
        for (int x = 0; x < n; x++) {
            rb[x] = c[x] ? limited(in[x], tb[x], gain) : in[x];
            ab[x] = tb[x] - rb[x];
        }
    }
}

void vp_adm_decouple_c(VpAdmKernels *k)
{
    k->band[0].restore = restore16;
    k->band[0].limit = vp_adm_limit16_c;
    k->band[1].restore = restore32;
    k->band[1].limit = vp_adm_limit32_c;
}
