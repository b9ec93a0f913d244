#include "kernel/ansnr.h"

enum {
    TAPS = 5,          /* rows and columns of the larger filter */
    KINDS = 3,         /* of its rows: outer, inner, centre */
    GROUP = 4,         /* rows whose sums grow together: two sums each */
    RING = 8,          /* rows of each picture */
};

static const float wide[KINDS][TAPS] = {
    {2 / 571.0f, 7 / 571.0f, 12 / 571.0f, 7 / 571.0f, 2 / 571.0f},
    {7 / 571.0f, 31 / 571.0f, 52 / 571.0f, 31 / 571.0f, 7 / 571.0f},
    {12 / 571.0f, 52 / 571.0f, 127 / 571.0f, 52 / 571.0f, 12 / 571.0f},
};
static const float narrow[3] = {1 / 16.0f, 2 / 16.0f, 1 / 16.0f};
static const float ones[TAPS] = {1, 1, 1, 1, 1};

size_t vp_ansnr_memory(int w)
{
    return (size_t)vp_float_stride(w) * (2 + (1 + KINDS) * RING + 2 * GROUP) * sizeof(float);
}

typedef struct Rows {
    float *base;
    ptrdiff_t stride;
} Rows;

static float *row_of(const Rows *r, int i)
{
    return r->base + i * r->stride + VP_FLOAT_MARGIN;
}

/* A row of samples around 0 with two mirrored ones at each end. */
static void load(const VpFloatRows *k, const VpPlane *plane, int bpc, int y, float *dst)
{
    const int w = plane->w;
    k->load(vp_row(plane, y), bpc, w, dst);
    for (int i = 1; i <= TAPS / 2; i++) {
        dst[-i] = dst[vp_mirror_repeat_last(-i, w)];
        dst[w - 1 + i] = dst[vp_mirror_repeat_last(w - 1 + i, w)];
    }
}

void vp_ansnr(const VpFloatRows *k, const VpPlane *ref, const VpPlane *dis, int bpc, void *memory, float *signal,
              float *noise)
{
    const int w = ref->w, h = ref->h;
    /* what a row adds to its neighbours: of the reference one row, of the distorted one of each kind */
    const Rows rows = {memory, vp_float_stride(w)};
    float *const sample[2] = {row_of(&rows, 0), row_of(&rows, 1)};
    const Rows across = {rows.base + 2 * rows.stride, rows.stride};
    const Rows term = {across.base + (1 + KINDS) * RING * rows.stride, rows.stride};
    *signal = *noise = 0;
    int loaded = 0;
    for (int y = 0; y < h; y += GROUP) {
        const int n = h - y < GROUP ? h - y : GROUP;
        const float *sums[2 * GROUP];
        for (int g = 0; g < n; g++) {
            for (; loaded < h && loaded <= y + g + TAPS / 2; loaded++) {
                const int slot = loaded % RING * (1 + KINDS);
                load(k, ref, bpc, loaded, sample[0]);
                load(k, dis, bpc, loaded, sample[1]);
                k->horizontal(sample[0] - 1, narrow, 3, w, row_of(&across, slot));
                for (int i = 0; i < KINDS; i++)
                    k->horizontal(sample[1] - TAPS / 2, wide[i], TAPS, w, row_of(&across, slot + 1 + i));
            }
            const float *r[3], *d[TAPS];
            for (int i = 0; i < TAPS; i++) {
                const int slot = vp_mirror_repeat_last(y + g + i - TAPS / 2, h) % RING * (1 + KINDS);
                d[i] = row_of(&across, slot + 1 + (i < KINDS ? i : TAPS - 1 - i));
                if (i >= 1 && i <= 3) r[i - 1] = row_of(&across, slot);
            }
            float *const s = row_of(&term, 2 * g), *const e = row_of(&term, 2 * g + 1);
            /* exact: few enough bits for any order and scale */
            static const float doubled[3] = {1, 2, 1};
            k->vertical(r, doubled, 3, w, s);
            k->vertical(d, ones, TAPS, w, e);
            for (int x = 0; x < w; x++) {
                const float v = s[x], difference = v - e[x];
                s[x] = v * v;
                e[x] = difference * difference;
            }
            sums[2 * g] = s;
            sums[2 * g + 1] = e;
        }
        float sum[2 * GROUP] = {0};
        k->sums(sums, 2 * n, w, sum);
        for (int g = 0; g < n; g++) {
            *signal += sum[2 * g];
            *noise += sum[2 * g + 1];
        }
    }
}
