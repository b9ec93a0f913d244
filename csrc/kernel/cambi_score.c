#include "kernel/cambi_score.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

enum { ROW_UNIT = 32 }; /* strides are multiples of it: kernels work on so many codes at a time */

struct VpCambiWork {
    VpCambiPicture picture[2]; /* of this scale and the next */
    uint16_t *none;            /* a row without codes */
    uint16_t *mode[3];         /* rows filtered across */
    uint16_t *count;           /* of one tile; all 0 between tiles */
    float *c;                  /* the contrasts of one scale */
    void *memory;
};

static ptrdiff_t row_stride(int w)
{
    return (w + ROW_UNIT - 1) / ROW_UNIT * ROW_UNIT + VP_CAMBI_PAD;
}

static ptrdiff_t count_stride(int radius)
{
    return (VP_CAMBI_TILE + 4 * radius + VP_CAMBI_PAD + ROW_UNIT - 1) / ROW_UNIT * ROW_UNIT;
}

static size_t count_size(const VpCambiBand *band)
{
    return (size_t)(band->n_codes + 2 * band->n_diffs) * (size_t)count_stride(band->radius);
}

static size_t largest(size_t a, size_t b)
{
    return a > b ? a : b;
}

VpCambiWork *vp_cambi_work_open(const VpCambiRule *const *rules, int n)
{
    size_t samples = 0, next_samples = 0, contrasts = 0, counts = 0, row = 0;
    for (int i = 0; i < n; i++) {
        int w, h;
        vp_cambi_prepared_size(&rules[i]->form, &w, &h);
        const int next_w = (w + 1) / 2, next_h = (h + 1) / 2;
        row = largest(row, (size_t)row_stride(w));
        samples = largest(samples, (size_t)row_stride(w) * (size_t)h);
        next_samples = largest(next_samples, (size_t)row_stride(next_w) * (size_t)next_h);
        contrasts = largest(contrasts, (size_t)w * (size_t)h + VP_CAMBI_PAD);
        counts = largest(counts, count_size(&rules[i]->band));
    }
    VpCambiWork *const s = vp_calloc(1, sizeof *s);
    if (!s) return NULL;
    s->memory = vp_calloc(samples + next_samples + 4 * row, sizeof(uint16_t));
    s->count = vp_calloc(counts, sizeof *s->count);
    s->c = vp_alloc(contrasts, sizeof *s->c);
    if (!s->memory || !s->count || !s->c) {
        vp_cambi_work_close(s);
        return NULL;
    }
    s->none = s->memory;
    for (int i = 0; i < 3; i++) s->mode[i] = s->none + (size_t)(i + 1) * row;
    s->picture[0].y = s->none + 4 * row;
    s->picture[1].y = s->picture[0].y + samples;
    memset(s->none, 0xff, row * sizeof *s->none);
    return s;
}

void vp_cambi_work_close(VpCambiWork *work)
{
    if (!work) return;
    vp_free(work->memory);
    vp_free(work->count);
    vp_free(work->c);
    vp_free(work);
}

static uint16_t *row_of(const VpCambiPicture *p, int y)
{
    return p->y + y * p->stride;
}

static void resize(VpCambiPicture *p, int w, int h)
{
    p->w = w;
    p->h = h;
    p->stride = row_stride(w);
}

/* In place; the first and the last row stay as they are. */
static void filter(const VpCambiKernels *k, const VpCambiPicture *p, uint16_t *const t[3])
{
    if (p->h < 3) return;
    k->mode_across(row_of(p, 0), p->w, t[0]);
    k->mode_across(row_of(p, 1), p->w, t[1]);
    for (int y = 1; y < p->h - 1; y++) {
        k->mode_across(row_of(p, y + 1), p->w, t[(y + 1) % 3]);
        k->mode_down(t[(y - 1) % 3], t[y % 3], t[(y + 1) % 3], p->w, row_of(p, y));
    }
}

static void decimate(const VpCambiKernels *k, const VpCambiPicture *p, VpCambiPicture *next)
{
    resize(next, (p->w + 1) / 2, (p->h + 1) / 2);
    for (int y = 0; y < next->h; y++) k->every_second(row_of(p, 2 * y), next->w, row_of(next, y));
}

/* Samples to codes. */
static void encode(const VpCambiKernels *k, const VpCambiBand *band, const VpCambiPicture *p)
{
    for (int y = 0; y < p->h; y++) {
        uint16_t *const row = row_of(p, y);
        k->codes(row, p->w, band->low, band->n_codes);
        memset(row + p->w, 0xff, (size_t)(p->stride - p->w) * sizeof *row);
    }
}

/* One value for each sample, as maps want it. */
static void spread(const VpCambiKernels *k, const VpCambiBand *band, const uint16_t *count, ptrdiff_t stride,
                   const uint16_t *code, int n, float *c)
{
    float one[1 + VP_CAMBI_PAD];
    for (int x = 0; x < n; x++) c[x] = k->contrast(band, count + x, stride, code + x, 1, one) ? one[0] : 0;
}

/* The contrasts of the columns x0 .. x1 - 1: a list of those that may be seen, or with `map` all of the picture.
 * Codes are counted from the rows a radius around; after the last row all have left and the counts are 0 again. */
static size_t scan_tile(const VpCambiKernels *k, const VpCambiBand *band, const VpCambiPicture *p, int x0, int x1,
                        VpCambiWork *s, float *c, bool map)
{
    const int r = band->radius;
    const int first = x0 - r > 0 ? x0 - r : 0, n = (x1 + r < p->w ? x1 + r : p->w) - first;
    const ptrdiff_t stride = count_stride(r);
    uint16_t *const counted = s->count + (first - x0 + r); /* where the window of column `first` begins */
    const uint16_t *const asked = s->count + 2 * r;
    size_t found = 0;
    for (int y = -r; y <= p->h + r; y++) {
        const uint16_t *const in = y + r < p->h ? row_of(p, y + r) + first : s->none;
        const uint16_t *const out = y > r ? row_of(p, y - r - 1) + first : s->none;
        k->slide(band, counted, stride, in, out, n);
        if (y < 0 || y >= p->h) continue;
        const uint16_t *const code = row_of(p, y) + x0;
        if (map)
            spread(k, band, asked, stride, code, x1 - x0, c + (size_t)y * (size_t)p->w + x0);
        else
            found += (size_t)k->contrast(band, asked, stride, code, x1 - x0, c + found);
    }
    return found;
}

/* Moves the contrasts that are not 0 to the front. */
static size_t squeeze(float *c, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        if (c[i] > 0) c[found++] = c[i];
    return found;
}

static size_t scan(const VpCambiKernels *k, const VpCambiBand *band, const VpCambiPicture *p, VpCambiWork *s, bool map)
{
    size_t found = 0;
    for (int x = 0; x < p->w; x += VP_CAMBI_TILE) {
        const int end = x + VP_CAMBI_TILE < p->w ? x + VP_CAMBI_TILE : p->w;
        found += scan_tile(k, band, p, x, end, s, map ? s->c : s->c + found, map);
    }
    return found;
}

static uint32_t bits_of(float c)
{
    uint32_t bits;
    memcpy(&bits, &c, sizeof bits);
    return bits;
}

/* Positive numbers are ordered as their bits are. The smallest ones leave, by 11 bits at a time. */
int64_t vp_cambi_sum_largest(const VpCambiKernels *k, float *c, size_t n, size_t keep)
{
    enum { BITS = 11, BUCKETS = 1 << BITS };
    size_t non_zero;
    int64_t sum = k->sum(c, n, &non_zero);
    size_t drop = n - keep;
    for (int shift = 21; drop && n; shift = shift > BITS ? shift - BITS : shift ? 0 : -1) {
        if (shift < 0) { /* all that are left are equal */
            sum -= (int64_t)drop * vp_cambi_units(c[0]);
            break;
        }
        uint32_t in_bucket[BUCKETS] = {0};
        for (size_t i = 0; i < n; i++) in_bucket[(bits_of(c[i]) >> shift) % BUCKETS]++;
        uint32_t edge = 0; /* the bucket that holds the smallest one kept or the largest one dropped, or both */
        size_t below = 0;
        while (below + in_bucket[edge] < drop) below += in_bucket[edge++];
        size_t left = 0;
        for (size_t i = 0; i < n; i++) {
            const uint32_t bucket = (bits_of(c[i]) >> shift) % BUCKETS;
            if (bucket < edge) sum -= vp_cambi_units(c[i]);
            if (bucket == edge) c[left++] = c[i];
        }
        n = left;
        drop -= below;
    }
    return sum;
}

/* found: listed in c, of the n samples of the scale */
static double pool(const VpCambiKernels *k, float *c, size_t found, size_t n, double topk)
{
    size_t keep = (size_t)(topk * (double)n), non_zero;
    if (keep < 1) keep = 1;
    if (keep > n) keep = n;
    int64_t sum = k->sum(c, found, &non_zero);
    if (non_zero > keep) sum = vp_cambi_sum_largest(k, c, squeeze(c, found), keep);
    return (double)sum / 16777216.0 / (double)keep;
}

int vp_cambi_score(const VpCambiRule *rule, VpCambiPrepare *prepare, const VpCambiKernels *k, const VpPlane *plane,
                   VpCambiWork *s, const VpCambiMap *map, double *score)
{
    VpCambiPicture *now = &s->picture[0], *next = &s->picture[1];
    int w, h;
    vp_cambi_prepared_size(&rule->form, &w, &h);
    resize(now, w, h);
    int rc = vp_cambi_prepare(prepare, k, plane, now);
    if (rc) return rc;
    double sum = 0;
    for (int scale = 0; scale < VP_CAMBI_SCALES; scale++) {
        filter(k, now, s->mode);
        if (scale + 1 < VP_CAMBI_SCALES) decimate(k, now, next);
        encode(k, &rule->band, now);
        const size_t n = (size_t)now->w * (size_t)now->h;
        size_t found = scan(k, &rule->band, now, s, map != NULL);
        if (map) {
            rc = map->put(map->self, scale, s->c, now->w, now->h);
            if (rc) return rc;
            found = n;
        }
        sum += (double)(1 << (VP_CAMBI_SCALES - 1 - scale)) * pool(k, s->c, found, n, rule->topk);
        VpCambiPicture *const swap = now;
        now = next;
        next = swap;
    }
    const int window = 2 * rule->band.radius + 1;
    *score = sum / (double)(window * window);
    return 0;
}
