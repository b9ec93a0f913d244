#include "kernel/cambi_picture.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

enum { RADIUS = VP_CAMBI_MASK_RADIUS, MASK = 2 * RADIUS + 1, MARGIN = 64 };

struct VpCambiPrepare {
    VpCambiForm form;
    int threshold;    /* of the mask */
    bool beyond;      /* a sample was larger than the bit depth allows */
    int *column, *row; /* of the plane, for each of the picture; NULL: not resized */
    uint16_t *wide;   /* one row of the plane; only to resize */
    uint16_t *raw[2]; /* rows y and y + 1 as they come */
    uint16_t *y[2];   /* the same, smoothed */
    uint8_t *flat[MASK];
    uint8_t *sum;     /* MARGIN entries of 0 on either side */
    void *memory;
};

/* Nearest neighbours. The positions are a running sum in single precision, and its drift is part of the definition. */
static void set_positions(int *index, int n_in, int n_out)
{
    const float ratio = (float)n_in / (float)n_out;
    const float middle = ratio / 2;
    float at = (float)((double)middle - 0.5);
    for (int i = 0; i < n_out; i++) {
        const int k = (int)((double)at + 0.5);
        index[i] = n_in == n_out ? i : k < n_in ? k : n_in - 1;
        at = at + ratio;
    }
}

/* How many of the 49 codes of a square have to be flat: grows with the picture. */
static int mask_threshold(int w, int h)
{
    const int n = (w >> 6) * (h >> 6);
    int k = 0;
    while ((1 << k) < n) k++;
    return (48 + 3 * (k - 11)) >> 1;
}

VpCambiPrepare *vp_cambi_prepare_open(const VpCambiForm *form)
{
    const bool resized = form->w != form->in_w || form->h != form->in_h;
    const size_t samples = (size_t)form->w + MARGIN, in_samples = (size_t)form->in_w + MARGIN;
    VpCambiPrepare *const p = vp_calloc(1, sizeof *p);
    if (!p) return NULL;
    const size_t bytes = (MASK + 2) * samples;
    p->memory = vp_calloc(4 * samples * sizeof(uint16_t) + bytes, 1);
    if (resized) {
        p->column = vp_alloc((size_t)form->w, sizeof *p->column);
        p->row = vp_alloc((size_t)form->h, sizeof *p->row);
        p->wide = vp_calloc(in_samples, sizeof *p->wide);
    }
    if (!p->memory || (resized && (!p->column || !p->row || !p->wide))) {
        vp_cambi_prepare_close(p);
        return NULL;
    }
    p->form = *form;
    p->threshold = mask_threshold(form->w, form->h);
    if (resized) {
        set_positions(p->column, form->in_w, form->w);
        set_positions(p->row, form->in_h, form->h);
    }
    uint16_t *at = p->memory;
    for (int i = 0; i < 2; i++, at += samples) p->raw[i] = at;
    for (int i = 0; i < 2; i++, at += samples) p->y[i] = at;
    uint8_t *byte = (uint8_t *)at;
    for (int i = 0; i < MASK; i++, byte += samples) p->flat[i] = byte;
    p->sum = byte + MARGIN;
    return p;
}

void vp_cambi_prepare_close(VpCambiPrepare *p)
{
    if (!p) return;
    vp_free(p->memory);
    vp_free(p->column);
    vp_free(p->row);
    vp_free(p->wide);
    vp_free(p);
}

void vp_cambi_prepared_size(const VpCambiForm *form, int *w, int *h)
{
    *w = form->half ? (form->w + 1) / 2 : form->w;
    *h = form->half ? (form->h + 1) / 2 : form->h;
}

static void load(VpCambiPrepare *p, const VpCambiKernels *k, const VpPlane *plane, int y, uint16_t *out)
{
    const VpCambiForm *const f = &p->form;
    const void *const in = vp_row(plane, p->row ? p->row[y] : y);
    uint16_t *const codes = p->column ? p->wide : out;
    if (f->bpc == 8) {
        k->widen8(in, f->in_w, codes);
    } else {
        if (f->bpc < 16) p->beyond |= k->exceeds(in, f->in_w, (1 << f->bpc) - 1);
        k->scale16(in, f->in_w, f->bpc, codes);
    }
    for (int x = 0; p->column && x < f->w; x++) out[x] = codes[p->column[x]];
    out[f->w] = out[f->w - 1];
}

/* Row y of the 10-bit picture into p->y[y % 2]. Rows are asked for in order. */
static const uint16_t *next_row(VpCambiPrepare *p, const VpCambiKernels *k, const VpPlane *plane, int y)
{
    const int w = p->form.w;
    uint16_t *const out = p->y[y % 2];
    if (!p->form.smooth) {
        load(p, k, plane, y, out);
        return out;
    }
    if (y == 0) load(p, k, plane, 0, p->raw[0]);
    const bool last = y + 1 == p->form.h;
    if (!last) load(p, k, plane, y + 1, p->raw[(y + 1) % 2]);
    k->smooth(p->raw[y % 2], p->raw[last ? y % 2 : (y + 1) % 2], w, out);
    out[w] = out[w - 1];
    return out;
}

/* Rows that resizing leaves out have to be right, too. */
static void look_at_all(VpCambiPrepare *p, const VpCambiKernels *k, const VpPlane *plane)
{
    const int bpc = p->form.bpc;
    for (int y = 0; bpc > 8 && bpc < 16 && y < plane->h; y++)
        p->beyond |= k->exceeds(vp_row(plane, y), plane->w, (1 << bpc) - 1);
}

static void leave(uint8_t *flat, uint8_t *sum, int w)
{
    for (int x = 0; x < w; x++) sum[x] = (uint8_t)(sum[x] - flat[x]);
    memset(flat, 0, (size_t)w);
}

int vp_cambi_prepare(VpCambiPrepare *p, const VpCambiKernels *k, const VpPlane *plane, const VpCambiPicture *out)
{
    const int w = p->form.w, h = p->form.h, step = p->form.half ? 2 : 1;
    p->beyond = false;
    if (p->row) look_at_all(p, k, plane);
    for (int i = 0; i < MASK; i++) memset(p->flat[i], 0, (size_t)w);
    memset(p->sum, 0, (size_t)w);
    const uint16_t *row = next_row(p, k, plane, 0);
    for (int y = 0; y < h + RADIUS; y++) {
        if (y < h) {
            const uint16_t *const below = y + 1 < h ? next_row(p, k, plane, y + 1) : row;
            if (y % step == 0) {
                uint16_t *const kept = out->y + y / step * out->stride;
                if (step == 2)
                    k->every_second(row, out->w, kept);
                else
                    memcpy(kept, row, (size_t)w * sizeof *kept);
            }
            k->flat(row, below, w, p->flat[y % MASK], p->sum);
            row = below;
        } else {
            leave(p->flat[y % MASK], p->sum, w);
        }
        const int masked = y - RADIUS; /* the sums are of the rows around this one */
        if (masked >= 0 && masked % step == 0)
            k->mask(p->sum, out->w, step, p->threshold, out->y + masked / step * out->stride);
    }
    return p->beyond ? -EINVAL : 0;
}
