#include "kernel/vif_scale.h"

#include <string.h>

/* Whole-sample reflection, the edge not repeated; n >= 2. Lines beyond the last can need it twice. */
static int reflect(int i, int n)
{
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * n - 2 - i;
    return i;
}

static int imin(int a, int b)
{
    return a < b ? a : b;
}

/* One tile: columns x0 to x0 + n - 1, and with the radius on both sides w. */
typedef struct Tile {
    const VpVifKernels *k;
    const VpVifScale *scale;
    VpVifWork *work;
    int x0, n, radius, w;
    bool bytes;
} Tile;

static void copy_samples(const Tile *t, void *out, int at, const void *row, int x, int n)
{
    if (t->bytes)
        memcpy((uint8_t *)out + at, (const uint8_t *)row + x, (size_t)n);
    else
        memcpy((uint16_t *)out + at, (const uint16_t *)row + x, (size_t)n * sizeof(uint16_t));
}

/* The w samples of line y, those outside the picture reflected; readable up to a multiple of VP_VIF_ROUND. */
static const void *line_of(const Tile *t, const VpPlane *p, int y, uint16_t *room)
{
    const uint8_t *const row = vp_row(p, reflect(y, p->h));
    const int first = t->x0 - t->radius, readable = (t->w + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
    if (first >= 0 && first + readable <= p->w) return row + (size_t)first * (t->bytes ? 1 : 2);
    const int begin = first < 0 ? 0 : first, end = imin(first + t->w, p->w);
    copy_samples(t, room, begin - first, row, begin, end - begin);
    for (int x = first; x < begin; x++) copy_samples(t, room, x - first, row, reflect(x, p->w), 1);
    for (int x = end; x < first + t->w; x++) copy_samples(t, room, x - first, row, reflect(x, p->w), 1);
    return room;
}

/* Tells the processor of lines y and y + 1: it does not foresee steps from line to line. Inlined, because GCC drops calls
 * of functions that do nothing but this. */
static inline __attribute__((always_inline)) void prefetch(const Tile *t, const VpPlane *p, int y)
{
    enum { CACHE_LINE = 64 };
    const int size = t->bytes ? 1 : 2, begin = t->x0 * size, end = imin(t->x0 + t->n + t->radius, p->w) * size;
    for (int i = y; i < imin(y + 2, p->h); i++) {
        const uint8_t *const row = vp_row(p, i);
        for (int x = begin; x < end; x += CACHE_LINE) __builtin_prefetch(row + x);
        __builtin_prefetch(row + end - 1);
    }
}

/* Makes the pairs of rows under the filter of lines y and y + 1, which begins `radius` above, with pair y / 2. */
static void pairs_of(const Tile *t, int picture, int y, const VpVifPairRow **out)
{
    const int pairs = t->radius + 1;
    const VpPlane *const p = &t->scale->picture[picture].plane;
    for (int i = 0; i < pairs; i++) {
        VpVifPairRow *const pair = &t->work->pairs[picture][(y / 2 + i) % pairs];
        out[i] = pair;
        if (y && i < pairs - 1) continue; /* it is there from the lines before */
        const int line = y - t->radius + 2 * i;
        const void *const a = line_of(t, p, line, t->work->line[0]), *const b = line_of(t, p, line + 1, t->work->line[1]);
        if (t->bytes)
            t->k->pair8(a, b, t->w, pair);
        else
            t->k->pair16(a, b, t->w, pair);
    }
    prefetch(t, p, y + t->radius + 2);
}

/* Line y / 2 of the next scale's picture. */
static void next_line(const Tile *t, int picture, int y, const VpVifPairRow *const *x)
{
    const VpVifPicture *const p = &t->scale->picture[picture];
    if (!p->next || y / 2 >= p->plane.h / 2) return;
    const int scale = t->scale->scale, radius = vp_vif_filter[scale + 1].radius, n = t->n / 2;
    int16_t *const row = t->work->blurred;
    x += (t->radius - radius) / 2;
    if (t->bytes)
        t->k->blur8(x, t->w, row);
    else
        t->k->blur16(x, t->w, scale + 1, scale ? 16 : t->scale->bpc, row);
    if (n) t->k->halve(row + t->radius - radius, scale + 1, n, p->next + (ptrdiff_t)(y / 2) * p->next_stride + t->x0 / 2);
}

static void reference(const Tile *t, int y, const VpVifPairRow *const *x, VpVifDenominators *sums)
{
    const int scale = t->scale->scale, bpc = t->scale->bpc;
    VpVifWork *const s = t->work;
    if (t->bytes)
        t->k->reference8(x, t->w, s->reference);
    else
        t->k->reference16(x, t->w, scale, scale ? 16 : bpc, scale ? 16 : 2 * (bpc - 8), s->reference);
    for (int m = 0; m < imin(2, t->scale->picture[0].plane.h - y); m++) {
        t->k->variance(&s->reference[m], scale, t->n, s->m1[m], s->s1[m]);
        t->k->denominators(&s->tables, s->s1[m], t->n, sums);
    }
}

static void distorted(const Tile *t, int y, const VpVifPairRow *const *x, const VpVifPairRow *const *d,
                      VpVifNumerators *sums)
{
    const int scale = t->scale->scale, bpc = t->scale->bpc;
    VpVifWork *const s = t->work;
    if (t->bytes)
        t->k->distorted8(x, s->reference, d, t->w, s->distorted);
    else
        t->k->distorted16(x, d, t->w, scale, scale ? 16 : bpc, scale ? 16 : 2 * (bpc - 8), s->distorted);
    for (int m = 0; m < imin(2, t->scale->picture[0].plane.h - y); m++) {
        t->k->covariance(&s->distorted[m], s->m1[m], scale, t->n, s->s2, s->s12);
        t->k->numerators(&s->tables, s->s1[m], s->s2, s->s12, t->n, t->scale->limit, t->scale->n_limits, &sums->nonlog,
                         sums->log);
    }
}

void vp_vif_scale(const VpVifKernels *k, const VpVifScale *scale, VpVifWork *work, VpVifDenominators *denominators,
                  VpVifNumerators *numerators)
{
    const VpPlane *const p = &scale->picture[0].plane;
    *denominators = (VpVifDenominators){0};
    for (int i = 0; i + 1 < scale->n; i++) {
        numerators[i].nonlog = 0;
        memset(numerators[i].log, 0, (size_t)scale->n_limits * sizeof *numerators[i].log);
    }
    for (int x0 = 0; x0 < p->w; x0 += VP_VIF_TILE) {
        Tile t = {k, scale, work, x0, imin(VP_VIF_TILE, p->w - x0), vp_vif_filter[scale->scale].radius, 0, false};
        t.w = t.n + 2 * t.radius;
        t.bytes = scale->scale == 0 && scale->bpc == 8;
        for (int y = 0; y < p->h; y += 2) {
            const VpVifPairRow *x[VP_VIF_PAIRS], *d[VP_VIF_PAIRS];
            pairs_of(&t, 0, y, x);
            if (scale->statistics) reference(&t, y, x, denominators);
            next_line(&t, 0, y, x);
            for (int i = 1; i < scale->n; i++) {
                pairs_of(&t, i, y, d);
                if (scale->statistics) distorted(&t, y, x, d, &numerators[i - 1]);
                next_line(&t, i, y, d);
            }
        }
    }
}
