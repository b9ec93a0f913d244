/* float_ssim: structural similarity of luma at one scale, that of a picture some 256 lines high by default. */
#include <errno.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "feature/ssim_pool.h"
#include "kernel/float_rows.h"

typedef struct Options {
    bool lcs, db, clip_db;
    int scale;
} Options;

static const VpOption options_table[] = {
    {.name = "enable_lcs", .type = VP_BOOL, .offset = offsetof(Options, lcs)},
    {.name = "enable_db", .type = VP_BOOL, .offset = offsetof(Options, db)},
    {.name = "clip_db", .type = VP_BOOL, .offset = offsetof(Options, clip_db)},
    {.name = "scale", .type = VP_INT, .offset = offsetof(Options, scale), .min = 0, .max = 10},
    {0},
};

/* in the order of the sums of the kernel */
static const VpOutput outputs[] = {
    {.name = "float_ssim"},
    {.name = "float_ssim_l"},
    {.name = "float_ssim_c"},
    {.name = "float_ssim_s"},
    {0},
};

static int factor_of(const VpStream *stream, const Options *o)
{
    if (o->scale > 0) return o->scale;
    const int smaller = stream->w < stream->h ? stream->w : stream->h, factor = (smaller + 128) / 256;
    return factor > 1 ? factor : 1;
}

/* The window fits once at least. A box filter may reach over the edge by half its width. */
static int check(const VpStream *stream, const void *options)
{
    if (!vp_float_depth_known(stream->bpc)) return -EINVAL;
    const int f = factor_of(stream, options);
    const int w = f > 1 ? vp_ssim_shrunk(stream->w, f) : stream->w;
    const int h = f > 1 ? vp_ssim_shrunk(stream->h, f) : stream->h;
    return w < VP_SSIM_WINDOW || h < VP_SSIM_WINDOW ? -EINVAL : 0;
}

typedef struct Worker {
    VpSsimKernels kernels;
    VpStream stream;
    void *memory;
    float *small[2]; /* the decimated pair */
    void *shrink;
    int n;
    struct {
        Options options;
        int factor;
    } variant[];
} Worker;

static void close(void *worker)
{
    Worker *const s = worker;
    if (!s) return;
    vp_free(s->memory);
    vp_free(s->small[0]);
    vp_free(s->small[1]);
    vp_free(s->shrink);
    vp_free(s);
}

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    Worker *const s = vp_calloc(1, sizeof *s + (size_t)n * sizeof s->variant[0]);
    if (!s) return -ENOMEM;
    s->stream = *stream;
    s->n = n;
    size_t largest = 0; /* samples of a decimated picture */
    int widest = 0, coarsest = 1;
    for (int i = 0; i < n; i++) {
        s->variant[i].options = *(const Options *)options[i];
        const int f = s->variant[i].factor = factor_of(stream, options[i]);
        const int w = f > 1 ? vp_ssim_shrunk(stream->w, f) : stream->w;
        if (w > widest) widest = w;
        if (f > coarsest) coarsest = f;
        const size_t size = f > 1 ? (size_t)w * (size_t)vp_ssim_shrunk(stream->h, f) : 0;
        if (size > largest) largest = size;
    }
    s->memory = vp_calloc(vp_ssim_memory(widest), 1);
    if (!s->memory) goto fail;
    if (largest && !(s->shrink = vp_alloc(vp_ssim_shrink_memory(stream->w, coarsest), 1))) goto fail;
    for (int p = 0; largest && p < 2; p++)
        if (!(s->small[p] = vp_alloc(largest, sizeof(float)))) goto fail;
    vp_ssim_kernels_init(&s->kernels, stream->cpu);
    *worker = s;
    return 0;

fail:
    close(s);
    return -ENOMEM;
}

/* Decimates a picture, where that is called for, and sets its part p of the pair. */
static void place(Worker *s, const VpPlane *plane, int factor, int p, VpSsimPair *pair)
{
    pair->data[p] = plane->data;
    pair->stride[p] = plane->stride;
    if (factor == 1) return;
    vp_ssim_shrink(&s->kernels, plane, s->stream.bpc, factor, s->small[p], pair->w, s->shrink);
    pair->data[p] = s->small[p];
    pair->stride[p] = pair->w * (ptrdiff_t)sizeof(float);
}

/* The scores of all variants with the factor of variant `first`. */
static void measure(Worker *s, const VpFrames *frames, int n, int first, VpRow *row)
{
    const int factor = s->variant[first].factor;
    VpSsimPair pair = {.bpc = s->stream.bpc, .w = s->stream.w, .h = s->stream.h};
    if (factor > 1) pair = (VpSsimPair){.w = vp_ssim_shrunk(pair.w, factor), .h = vp_ssim_shrunk(pair.h, factor)};
    pair.positive = factor <= 16; /* means of samples: 1 / (16 * 16 * 2^8) or more */
    place(s, &frames->ref[0]->plane[0], factor, 0, &pair);
    for (int k = 0; k < n; k++) {
        double sum[VP_SSIM_SUMS], mean[VP_SSIM_SUMS];
        place(s, &frames[k].dis[0]->plane[0], factor, 1, &pair);
        vp_ssim_scale(&s->kernels, &pair, true, sum, NULL, 0, s->memory);
        vp_ssim_means(sum, pair.w - VP_SSIM_WINDOW + 1, pair.h - VP_SSIM_WINDOW + 1, mean);
        for (int i = first; i < s->n; i++) {
            const Options *const o = &s->variant[i].options;
            if (s->variant[i].factor != factor) continue;
            const double score = mean[VP_SSIM_PRODUCT];
            vp_row_put(row + k, i, VP_SSIM_PRODUCT, o->db ? vp_ssim_db(&s->stream, score, o->clip_db) : score);
            for (int part = VP_SSIM_L; o->lcs && part <= VP_SSIM_S; part++) vp_row_put(row + k, i, part, mean[part]);
        }
    }
}

static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    Worker *const s = worker;
    for (int i = 0; i < s->n; i++) {
        bool done = false;
        for (int j = 0; j < i; j++) done |= s->variant[j].factor == s->variant[i].factor;
        if (!done) measure(s, frames, n, i, row);
    }
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    return extract_several(worker, frames, 1, row);
}

const VpExtractor vp_extractor_float_ssim = {
    .name = "float_ssim",
    .options = options_table,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .extract_several = extract_several,
    .close = close,
};
