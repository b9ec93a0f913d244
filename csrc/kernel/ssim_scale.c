/* One scale of SSIM as a stream of rows: nothing of the size of the picture is kept but the next scale. */
#include <string.h>

#include "kernel/ssim.h"

enum { RING = 16 }; /* rows of each picture: the half filter's, and those its mirror needs at the bottom */

/* A half filter of the padded width reads up to twice a padded row. */
static size_t row_floats(int w)
{
    return (size_t)vp_ssim_padded(w) + 3 * VP_SSIM_LANES + 2 * VP_SSIM_MARGIN;
}

size_t vp_ssim_memory(int w)
{
    const size_t blocks = (size_t)vp_ssim_padded(w) / VP_SSIM_LANES;
    const size_t parts = 2 * VP_SSIM_PARTS * (size_t)vp_ssim_padded(vp_ssim_halved(w));
    return (row_floats(w) * 2 * RING + blocks * VP_SSIM_BLOCK) * sizeof(float) + parts * sizeof(double);
}

enum { FIRST_PAIR = -2 }; /* the pair of rows that begins the sums of row 0 of the next scale */

typedef struct Stream {
    const VpSsimKernels *k;
    const VpSsimPair *pair;
    float *ring[2]; /* row y in slot y % RING */
    size_t row;     /* floats */
    double *part[2][VP_SSIM_PARTS]; /* of the next scale */
    int next_pair, halved;          /* the pair of rows, and the row of the next scale, to come */
} Stream;

static float *ring_row(const Stream *s, int picture, int y)
{
    return s->ring[picture] + (size_t)(y % RING) * s->row + VP_SSIM_MARGIN;
}

static void load_row(const Stream *s, int y)
{
    const VpSsimPair *const pair = s->pair;
    const int w = pair->w;
    for (int p = 0; p < 2; p++) {
        float *const dst = ring_row(s, p, y);
        const void *const src = (const char *)pair->data[p] + y * pair->stride[p];
        if (pair->bpc)
            s->k->load(src, pair->bpc, w, dst);
        else
            memcpy(dst, src, (size_t)w * sizeof *dst);
        for (int i = 0; i < VP_SSIM_HALF / 2; i++) {
            dst[-1 - i] = dst[i];
            dst[w + i] = dst[w - 1 - i];
        }
    }
}

/* The next scale of a filtered pair, as far as y rows allow: row i needs up to 2 * i + 4, or the mirror of the last. */
static void halve_rows(Stream *s, int y, float *const next[2], ptrdiff_t stride)
{
    const int h = s->pair->h;
    for (; s->halved < vp_ssim_halved(h) && (y == h || y > 2 * s->halved + VP_SSIM_HALF / 2); s->halved++)
        for (int p = 0; p < 2; p++) {
            if (!next[p]) continue;
            const float *row[VP_SSIM_HALF];
            for (int k = 0; k < VP_SSIM_HALF; k++)
                row[k] = ring_row(s, p, vp_ssim_mirror(2 * s->halved + k - VP_SSIM_HALF / 2, h));
            s->k->halve_row(row, vp_ssim_halved(s->pair->w), next[p] + s->halved * stride);
        }
}

/* The same of samples, two rows after two. */
static void halve_pairs(Stream *s, int y, float *const next[2], ptrdiff_t stride)
{
    const int h = s->pair->h;
    for (; s->halved < vp_ssim_halved(h) && (y == h || y > 2 * s->next_pair + 1); s->next_pair++) {
        const int even = vp_ssim_mirror(2 * s->next_pair, h), odd = vp_ssim_mirror(2 * s->next_pair + 1, h);
        for (int p = 0; p < 2; p++) {
            if (!next[p]) continue;
            double **const part = s->part[p];
            s->k->halve_pair(ring_row(s, p, even), ring_row(s, p, odd), vp_ssim_halved(s->pair->w), part,
                             next[p] + s->halved * stride);
            double *const begun = part[0];
            memmove(part, part + 1, (VP_SSIM_PARTS - 1) * sizeof *part);
            part[VP_SSIM_PARTS - 1] = begun;
        }
        s->halved += s->next_pair >= -FIRST_PAIR; /* before, it was no row yet */
    }
}

void vp_ssim_scale(const VpSsimKernels *k, const VpSsimPair *pair, bool all, double sum[VP_SSIM_SUMS],
                   float *const next[2], ptrdiff_t next_stride, void *memory)
{
    const int h = pair->h, n = pair->w - VP_SSIM_WINDOW + 1;
    Stream s = {.k = k, .pair = pair, .row = row_floats(pair->w), .next_pair = FIRST_PAIR};
    double *part = memory;
    for (int i = 0; i < 2 * VP_SSIM_PARTS; i++, part += vp_ssim_padded(vp_ssim_halved(pair->w)))
        s.part[i / VP_SSIM_PARTS][i % VP_SSIM_PARTS] = part;
    s.ring[0] = (float *)part;
    s.ring[1] = s.ring[0] + RING * s.row;
    float *const maps = s.ring[1] + RING * s.row;
    for (int i = 0; i < VP_SSIM_SUMS; i++) sum[i] = 0;
    for (int y = 0; y < h; y++) {
        load_row(&s, y);
        float *const row = maps + y % VP_SSIM_WINDOW * VP_SSIM_MAPS * VP_SSIM_LANES;
        k->window_row(ring_row(&s, 0, y), ring_row(&s, 1, y), n, pair->positive, row);
        if (y >= VP_SSIM_WINDOW - 1) k->position_row(maps, (y + 1) % VP_SSIM_WINDOW, n, pair->positive, all, sum);
        if (!next || y < -2 * FIRST_PAIR - 1) continue; /* no mirror image of the first rows yet */
        if (pair->bpc)
            halve_pairs(&s, y + 1, next, next_stride);
        else
            halve_rows(&s, y + 1, next, next_stride);
    }
}
