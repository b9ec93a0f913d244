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
    return (row_floats(w) * 2 * RING + blocks * VP_SSIM_BLOCK) * sizeof(float);
}

typedef struct Stream {
    const VpSsimKernels *k;
    const VpSsimPair *pair;
    float *ring[2]; /* row y in slot y % RING */
    size_t row;     /* floats */
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

static void halve(const Stream *s, int picture, int y, float *dst)
{
    const float *row[VP_SSIM_HALF];
    for (int k = 0; k < VP_SSIM_HALF; k++)
        row[k] = ring_row(s, picture, vp_ssim_mirror(2 * y + k - VP_SSIM_HALF / 2, s->pair->h));
    s->k->halve_row(row, vp_ssim_halved(s->pair->w), s->pair->bpc > 0, dst);
}

void vp_ssim_scale(const VpSsimKernels *k, const VpSsimPair *pair, bool all, double sum[VP_SSIM_SUMS],
                   float *const next[2], ptrdiff_t next_stride, void *memory)
{
    const int h = pair->h, n = pair->w - VP_SSIM_WINDOW + 1;
    Stream s = {.k = k, .pair = pair, .row = row_floats(pair->w)};
    s.ring[0] = memory;
    s.ring[1] = s.ring[0] + RING * s.row;
    float *const maps = s.ring[1] + RING * s.row;
    for (int i = 0; i < VP_SSIM_SUMS; i++) sum[i] = 0;
    const bool positive = pair->bpc > 0; /* samples; a filtered picture undershoots */
    int halved = 0; /* rows of the next scale so far */
    for (int y = 0; y < h; y++) {
        load_row(&s, y);
        float *const row = maps + y % VP_SSIM_WINDOW * VP_SSIM_MAPS * VP_SSIM_LANES;
        k->window_row(ring_row(&s, 0, y), ring_row(&s, 1, y), n, positive, row);
        if (y >= VP_SSIM_WINDOW - 1) k->position_row(maps, (y + 1) % VP_SSIM_WINDOW, n, positive, all, sum);
        /* row `halved` reads up to 2 * halved + 4, or the mirror of the last rows */
        for (; next && halved < vp_ssim_halved(h) && (y == h - 1 || y >= 2 * halved + VP_SSIM_HALF / 2); halved++)
            for (int p = 0; p < 2; p++)
                if (next[p]) halve(&s, p, halved, next[p] + halved * next_stride);
    }
}
