/* float_ms_ssim: structural similarity of luma at five scales, each half the one before. */
#include <errno.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "feature/ssim_pool.h"
#include "kernel/float_rows.h"

enum { SCALES = 5, PARTS = 3 };

typedef struct Options {
    bool lcs, db, clip_db;
} Options;

static const VpOption options_table[] = {
    {.name = "enable_lcs", .type = VP_BOOL, .offset = offsetof(Options, lcs)},
    {.name = "enable_db", .type = VP_BOOL, .offset = offsetof(Options, db)},
    {.name = "clip_db", .type = VP_BOOL, .offset = offsetof(Options, clip_db)},
    {0},
};

static const VpOutput outputs[] = {
    {.name = "float_ms_ssim"},
    {.name = "float_ms_ssim_l_scale0"},
    {.name = "float_ms_ssim_l_scale1"},
    {.name = "float_ms_ssim_l_scale2"},
    {.name = "float_ms_ssim_l_scale3"},
    {.name = "float_ms_ssim_l_scale4"},
    {.name = "float_ms_ssim_c_scale0"},
    {.name = "float_ms_ssim_c_scale1"},
    {.name = "float_ms_ssim_c_scale2"},
    {.name = "float_ms_ssim_c_scale3"},
    {.name = "float_ms_ssim_c_scale4"},
    {.name = "float_ms_ssim_s_scale0"},
    {.name = "float_ms_ssim_s_scale1"},
    {.name = "float_ms_ssim_s_scale2"},
    {.name = "float_ms_ssim_s_scale3"},
    {.name = "float_ms_ssim_s_scale4"},
    {0},
};

/* Of luminance; of contrast and structure alike. Wang, Simoncelli, Bovik 2003. */
static const float luminance_weight[SCALES] = {0, 0, 0, 0, 0.1333f};
static const float weight[SCALES] = {0.0448f, 0.2856f, 0.3001f, 0.2363f, 0.1333f};

/* The window fits at every scale; sizes are halved downwards here, though a picture keeps its odd sample. */
static int check(const VpStream *stream, const void *options)
{
    (void)options;
    const int smaller = stream->w < stream->h ? stream->w : stream->h;
    return !vp_float_depth_known(stream->bpc) || smaller >> (SCALES - 1) < VP_SSIM_WINDOW ? -EINVAL : 0;
}

typedef struct Worker {
    VpSsimKernels kernels;
    VpStream stream;
    void *memory;
    float *plane[SCALES][2]; /* not of scale 0 */
    int w[SCALES], h[SCALES];
    bool lcs;
    int n;
    Options variant[];
} Worker;

static void close(void *worker)
{
    Worker *const s = worker;
    if (!s) return;
    for (int k = 1; k < SCALES; k++)
        for (int p = 0; p < 2; p++) vp_free(s->plane[k][p]);
    vp_free(s->memory);
    vp_free(s);
}

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    Worker *const s = vp_calloc(1, sizeof *s + (size_t)n * sizeof s->variant[0]);
    if (!s) return -ENOMEM;
    s->stream = *stream;
    s->n = n;
    for (int i = 0; i < n; i++) {
        s->variant[i] = *(const Options *)options[i];
        s->lcs |= s->variant[i].lcs;
    }
    s->w[0] = stream->w;
    s->h[0] = stream->h;
    for (int k = 1; k < SCALES; k++) {
        s->w[k] = vp_ssim_halved(s->w[k - 1]);
        s->h[k] = vp_ssim_halved(s->h[k - 1]);
        const size_t row = (size_t)vp_ssim_padded(s->w[k]);
        for (int p = 0; p < 2; p++)
            if (!(s->plane[k][p] = vp_alloc(row * (size_t)s->h[k], sizeof(float)))) goto fail;
    }
    s->memory = vp_calloc(vp_ssim_memory(stream->w), 1);
    if (!s->memory) goto fail;
    vp_ssim_kernels_init(&s->kernels, stream->cpu);
    *worker = s;
    return 0;

fail:
    close(s);
    return -ENOMEM;
}

/* The pair of one scale; of scale 0 the pictures themselves. */
static VpSsimPair pair_of(const Worker *s, const VpFrames *frames, int scale)
{
    const VpPlane *const picture[2] = {&frames->ref[0]->plane[0], &frames->dis[0]->plane[0]};
    VpSsimPair pair = {.bpc = scale ? 0 : s->stream.bpc, .w = s->w[scale], .h = s->h[scale]};
    pair.positive = scale == 0; /* filtered, pictures undershoot */
    for (int p = 0; p < 2; p++) {
        pair.data[p] = scale ? (const void *)s->plane[scale][p] : picture[p]->data;
        pair.stride[p] = scale ? vp_ssim_padded(pair.w) * (ptrdiff_t)sizeof(float) : picture[p]->stride;
    }
    return pair;
}

/* halved: the reference is at hand at every scale. */
static void measure(Worker *s, const VpFrames *frames, bool halved, VpRow *row)
{
    double score = 1;
    for (int k = 0; k < SCALES; k++) {
        const bool last = k == SCALES - 1;
        const VpSsimPair pair = pair_of(s, frames, k);
        float *const next[2] = {last || halved ? NULL : s->plane[k + 1][0], last ? NULL : s->plane[k + 1][1]};
        double sum[VP_SSIM_SUMS], mean[VP_SSIM_SUMS];
        /* a luminance term of weight 0 is computed only where it is reported */
        vp_ssim_scale(&s->kernels, &pair, last || s->lcs, sum, last ? NULL : next,
                      last ? 0 : vp_ssim_padded(s->w[k + 1]), s->memory);
        vp_ssim_means(sum, pair.w - VP_SSIM_WINDOW + 1, pair.h - VP_SSIM_WINDOW + 1, mean);
        score *= pow(mean[VP_SSIM_L], (double)luminance_weight[k]) * pow(mean[VP_SSIM_C], (double)weight[k]) *
                 pow(mean[VP_SSIM_S], (double)weight[k]);
        for (int i = 0; i < s->n; i++)
            for (int part = 0; s->variant[i].lcs && part < PARTS; part++)
                vp_row_put(row, i, 1 + part * SCALES + k, mean[VP_SSIM_L + part]);
    }
    for (int i = 0; i < s->n; i++) {
        const Options *const o = &s->variant[i];
        vp_row_put(row, i, 0, o->db ? vp_ssim_db(&s->stream, score, o->clip_db) : score);
    }
}

static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    for (int i = 0; i < n; i++) measure(worker, frames + i, i > 0, row + i);
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    return extract_several(worker, frames, 1, row);
}

const VpExtractor vp_extractor_float_ms_ssim = {
    .name = "float_ms_ssim",
    .options = options_table,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .extract_several = extract_several,
    .close = close,
};
