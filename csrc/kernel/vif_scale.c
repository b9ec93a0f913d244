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

static void shifts(int scale, int bpc, int *mean, int *square)
{
    *mean = scale ? 16 : bpc;
    *square = scale ? 16 : 2 * (bpc - 8);
}

/* Columns x0 - r .. x1 + r - 1 of two rows, those outside the picture reflected. */
static void moments(const VpVifKernels *k, const VpVifPair *pair, int x0, int x1, int y, VpVifMoments out[2])
{
    const int r = vp_vif_filter[pair->scale].radius, w = pair->ref.w, h = pair->ref.h;
    const int first = x0 ? x0 - r : 0, end = imin(x1 + r, w), at = VP_VIF_HALO + first - x0;
    const int bytes = pair->scale == 0 && pair->bpc == 8 ? 1 : 2;
    const void *rows[2][VP_VIF_ROWS];
    for (int i = 0; i < 2 * r + 2; i++) {
        const int line = reflect(y - r + i, h);
        rows[0][i] = (const uint8_t *)vp_row(&pair->ref, line) + (ptrdiff_t)first * bytes;
        rows[1][i] = (const uint8_t *)vp_row(&pair->dis, line) + (ptrdiff_t)first * bytes;
    }
    if (bytes == 1) {
        k->moments8(rows[0], rows[1], end - first, out, at);
    } else {
        int mean, square;
        shifts(pair->scale, pair->bpc, &mean, &square);
        k->moments16(rows[0], rows[1], end - first, pair->scale, mean,
                     square, out, at);
    }
    for (int m = 0; m < 2; m++)
        for (int p = 0; p < VP_VIF_PLANES; p++) {
            int16_t *const c = out[m].plane[p] + VP_VIF_HALO;
            for (int x = x0 - r; x < first; x++) c[x - x0] = c[-x - x0];
            for (int x = end; x < x1 + r; x++) c[x - x0] = c[2 * w - 2 - x - x0];
        }
}

void vp_vif_scale(const VpVifKernels *k, const VpVifPair *pair, const double *limit, int n_limits, VpVifWork *work,
                  VpVifSums *sums, int64_t *num_log)
{
    const int w = pair->ref.w, h = pair->ref.h;
    memset(sums, 0, sizeof *sums);
    memset(num_log, 0, (size_t)n_limits * sizeof *num_log);
    for (int x0 = 0; x0 < w; x0 += VP_VIF_TILE) {
        const int x1 = imin(x0 + VP_VIF_TILE, w), n = x1 - x0;
        for (int y = 0; y < h; y += 2) {
            moments(k, pair, x0, x1, y, work->moments);
            for (int m = 0; m < 2 && y + m < h; m++) {
                k->covariance(&work->moments[m], pair->scale, n, work->s1, work->s2, work->s12);
                k->statistics(&work->log, work->s1, work->s2, work->s12, n, limit, n_limits, sums, num_log);
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
        const void *rows[VP_VIF_ROWS];
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
