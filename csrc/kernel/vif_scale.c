#include "kernel/vif_scale.h"

#include <string.h>

/* Whole-sample reflection, the edge not repeated; n >= 2. Rows beyond the last can need it twice. */
static int reflect(int i, int n)
{
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * n - 2 - i;
    return i;
}

static int imin(int a, int b)
{
    return a < b ? a : b;
}

/* One tile: columns x0 to x1 - 1. */
typedef struct Tile {
    const VpVifKernels *k;
    const VpVifPair *pair;
    VpVifWork *work;
    int x0, x1, radius;
} Tile;

/* w samples of two lines, from entry `at` on. */
static void pair8(const uint8_t *a, const uint8_t *b, int w, VpVifPairRow *out, int at)
{
    for (int i = 0; i < w; i++) {
        out->centred[at + i][0] = (int16_t)(a[i] - 128);
        out->centred[at + i][1] = (int16_t)(b[i] - 128);
    }
}

static void pair16(const uint16_t *a, const uint16_t *b, int w, VpVifPairRow *out, int at)
{
    for (int i = 0; i < w; i++) {
        out->sample[at + i][0] = a[i];
        out->sample[at + i][1] = b[i];
    }
}

/* Lines y and y + 1 of one picture, columns outside it reflected like lines. */
static void pair_rows(const Tile *t, const VpPlane *p, int y, VpVifPairRow *out)
{
    const int first = t->x0 ? t->x0 - t->radius : 0, end = imin(t->x1 + t->radius, p->w);
    const int left = first - (t->x0 - t->radius), n = end - first, w = t->x1 - t->x0 + 2 * t->radius;
    const void *const a = vp_row(p, reflect(y, p->h)), *const b = vp_row(p, reflect(y + 1, p->h));
    if (t->pair->scale == 0 && t->pair->bpc == 8)
        pair8((const uint8_t *)a + first, (const uint8_t *)b + first, n, out, left);
    else
        pair16((const uint16_t *)a + first, (const uint16_t *)b + first, n, out, left);
    for (int i = 0; i < left; i++)
        for (int j = 0; j < 2; j++) out->sample[i][j] = out->sample[2 * left - i][j];
    const int last = left + n - 1;
    for (int i = last + 1; i < w; i++)
        for (int j = 0; j < 2; j++) out->sample[i][j] = out->sample[2 * last - i][j];
}

/* Lines y and y + 1 of the moments. The filter begins `radius` above, with pair y / 2. */
static void moments(const Tile *t, int y)
{
    const int pairs = t->radius + 1, w = t->x1 - t->x0 + 2 * t->radius, scale = t->pair->scale, bpc = t->pair->bpc;
    const VpVifPairRow *x[VP_VIF_PAIRS], *d[VP_VIF_PAIRS];
    for (int i = y ? pairs - 1 : 0; i < pairs; i++) {
        const int slot = (y / 2 + i) % pairs, line = y - t->radius + 2 * i;
        pair_rows(t, &t->pair->ref, line, &t->work->pairs[0][slot]);
        pair_rows(t, &t->pair->dis, line, &t->work->pairs[1][slot]);
    }
    for (int i = 0; i < pairs; i++) {
        x[i] = &t->work->pairs[0][(y / 2 + i) % pairs];
        d[i] = &t->work->pairs[1][(y / 2 + i) % pairs];
    }
    if (scale == 0 && bpc == 8)
        t->k->moments8(x, d, w, t->work->moments);
    else
        t->k->moments16(x, d, w, scale, scale ? 16 : bpc, scale ? 16 : 2 * (bpc - 8), t->work->moments);
}

void vp_vif_scale(const VpVifKernels *k, const VpVifPair *pair, const double *limit, int n_limits, VpVifWork *work,
                  VpVifSums *sums, int64_t *num_log)
{
    const int w = pair->ref.w, h = pair->ref.h;
    memset(sums, 0, sizeof *sums);
    memset(num_log, 0, (size_t)n_limits * sizeof *num_log);
    for (int x0 = 0; x0 < w; x0 += VP_VIF_TILE) {
        const Tile t = {k, pair, work, x0, imin(x0 + VP_VIF_TILE, w), vp_vif_filter[pair->scale].radius};
        const int n = t.x1 - x0;
        for (int y = 0; y < h; y += 2) {
            moments(&t, y);
            for (int m = 0; m < 2 && y + m < h; m++) {
                k->covariance(&work->moments[m], pair->scale, n, work->s1, work->s2, work->s12);
                k->statistics(&work->tables, work->s1, work->s2, work->s12, n, limit, n_limits, sums, num_log);
            }
        }
    }
}

void vp_vif_next(const VpVifKernels *k, const VpPlane *in, int scale, int bpc, uint16_t *out, int out_stride,
                 int16_t *row)
{
    const int r = vp_vif_filter[scale + 1].radius, w = in->w;
    int16_t *const c = row + VP_VIF_HALO;
    for (int y = 0; y < in->h / 2; y++) {
        const void *rows[2 * VP_VIF_HALO + 1];
        for (int i = 0; i <= 2 * r; i++) rows[i] = vp_row(in, reflect(2 * y - r + i, in->h));
        if (scale == 0 && bpc == 8)
            k->blur8(rows, w, scale + 1, row);
        else
            k->blur16(rows, w, scale + 1, scale ? 16 : bpc, row);
        for (int x = 1; x <= r; x++) {
            c[-x] = c[x];
            c[w - 1 + x] = c[w - 1 - x];
        }
        k->halve(row, scale + 1, w / 2, out + (ptrdiff_t)y * out_stride);
    }
}
