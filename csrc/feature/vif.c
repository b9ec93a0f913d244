#include "feature/extractor.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/vif_scale.h"

typedef struct Options {
    double gain_limit;
    bool skip_scale0, debug;
} Options;

static const VpOption options[] = {
    {.name = "debug", .type = VP_BOOL, .offset = offsetof(Options, debug)},
    {.name = "vif_enhn_gain_limit",
     .tag = "egl",
     .type = VP_DOUBLE,
     .offset = offsetof(Options, gain_limit),
     .def = 100,
     .min = 1,
     .max = 100},
    {.name = "vif_skip_scale0", .tag = "ssclz", .type = VP_BOOL, .offset = offsetof(Options, skip_scale0)},
    {0},
};

enum { SCALE, TOTAL = VP_VIF_SCALES, TOTAL_NUM, TOTAL_DEN, NUM_DEN }; /* NUM_DEN: numerator, denominator per scale */
static const VpOutput outputs[] = {
    {.name = "VMAF_integer_feature_vif_scale0_score", .alias = "integer_vif_scale0"},
    {.name = "VMAF_integer_feature_vif_scale1_score", .alias = "integer_vif_scale1"},
    {.name = "VMAF_integer_feature_vif_scale2_score", .alias = "integer_vif_scale2"},
    {.name = "VMAF_integer_feature_vif_scale3_score", .alias = "integer_vif_scale3"},
    {.name = "integer_vif"},
    {.name = "integer_vif_num"},
    {.name = "integer_vif_den"},
    {.name = "integer_vif_num_scale0"},
    {.name = "integer_vif_den_scale0"},
    {.name = "integer_vif_num_scale1"},
    {.name = "integer_vif_den_scale1"},
    {.name = "integer_vif_num_scale2"},
    {.name = "integer_vif_den_scale2"},
    {.name = "integer_vif_num_scale3"},
    {.name = "integer_vif_den_scale3"},
    {0},
};

typedef struct Variant {
    Options options;
    int limit; /* which of the worker's gain limits */
} Variant;

typedef struct Worker {
    VpVifKernels kernels;
    int bpc, n, n_limits;
    bool scale0; /* some variant wants it */
    Variant *variant;
    double *limit;     /* distinct gain limits */
    int64_t *num_log;  /* [scale][limit] */
    int16_t *row;
    VpVifWork *work;
    /* scales 1 to 3 of reference and distorted; the strides are the widths of whole vectors */
    struct {
        int w, h, stride; /* samples */
        uint16_t *picture[2];
    } level[VP_VIF_SCALES];
} Worker;

/* Below 16 samples a side the smallest scale has a single one, and the filter reaches what is no picture. */
static int check(const VpStream *stream, const void *opt)
{
    (void)opt;
    return stream->w < 16 || stream->h < 16 ? -EINVAL : 0;
}

static void close_worker(void *worker)
{
    Worker *const s = worker;
    if (!s) return;
    vp_free(s->variant);
    vp_free(s->limit);
    vp_free(s->num_log);
    vp_free(s->row);
    vp_free(s->work);
    for (int i = 1; i < VP_VIF_SCALES; i++)
        for (int j = 0; j < 2; j++) vp_free(s->level[i].picture[j]);
    vp_free(s);
}

static int open_worker(const VpStream *stream, const void *const *opt, int n, void **worker)
{
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    s->bpc = stream->bpc;
    s->n = n;
    s->variant = vp_calloc((size_t)n, sizeof *s->variant);
    s->limit = vp_calloc((size_t)n, sizeof *s->limit);
    s->num_log = vp_calloc((size_t)n * VP_VIF_SCALES, sizeof *s->num_log);
    s->row = vp_alloc((size_t)stream->w + 2 * VP_VIF_HALO + VP_VIF_PAD, sizeof *s->row);
    s->work = vp_calloc(1, sizeof *s->work);
    if (!s->variant || !s->limit || !s->num_log || !s->row || !s->work) goto fail;
    for (int i = 0; i < VP_VIF_SCALES; i++) {
        s->level[i].w = stream->w >> i;
        s->level[i].h = stream->h >> i;
        s->level[i].stride = (s->level[i].w + 31) / 32 * 32;
        for (int j = 0; i && j < 2; j++) {
            s->level[i].picture[j] =
                vp_alloc((size_t)s->level[i].stride * (size_t)s->level[i].h, sizeof *s->level[i].picture[j]);
            if (!s->level[i].picture[j]) goto fail;
        }
    }
    vp_vif_kernels_init(&s->kernels, stream->cpu);
    vp_vif_tables_init(&s->work->tables);
    for (int i = 0; i < n; i++) {
        Variant *const v = &s->variant[i];
        v->options = *(const Options *)opt[i];
        s->scale0 |= !v->options.skip_scale0;
        while (v->limit < s->n_limits && s->limit[v->limit] != v->options.gain_limit) v->limit++;
        if (v->limit == s->n_limits) s->limit[s->n_limits++] = v->options.gain_limit;
    }
    *worker = s;
    return 0;

fail:
    close_worker(s);
    return -ENOMEM;
}

/* The picture of a scale: the caller's at scale 0, else that of the pyramid. */
static VpPlane level(const Worker *s, int scale, int which, const VpPicture *picture)
{
    if (scale == 0) return picture->plane[0];
    return (VpPlane){
        .data = (const uint8_t *)s->level[scale].picture[which],
        .stride = (ptrdiff_t)s->level[scale].stride * (ptrdiff_t)sizeof(uint16_t),
        .w = s->level[scale].w,
        .h = s->level[scale].h,
    };
}

static void put(const Worker *s, int variant, const VpVifSums *sums, VpRow *row)
{
    const Variant *const v = &s->variant[variant];
    double total_num = 0, total_den = 0;
    for (int i = 0; i < VP_VIF_SCALES; i++) {
        /* single precision is part of the definition */
        float num = 0, den = -1, score = 0;
        if (i || !v->options.skip_scale0) {
            const int64_t num_log = s->num_log[i * s->n_limits + v->limit];
            num = (float)((double)num_log / 2048.0 +
                          ((double)sums[i].den_nonlog - (double)sums[i].num_nonlog / 16384.0 / 65025.0));
            den = (float)((double)sums[i].den_log / 2048.0 + (double)sums[i].den_nonlog);
            score = num / den;
            total_num += (double)num;
            total_den += (double)den;
        }
        vp_row_put(row, variant, SCALE + i, (double)score);
        if (v->options.debug) {
            vp_row_put(row, variant, NUM_DEN + 2 * i, (double)num);
            vp_row_put(row, variant, NUM_DEN + 2 * i + 1, (double)den);
        }
    }
    if (!v->options.debug) return;
    vp_row_put(row, variant, TOTAL, total_num / total_den); /* each pixel adds at least 1 to the denominator */
    vp_row_put(row, variant, TOTAL_NUM, total_num);
    vp_row_put(row, variant, TOTAL_DEN, total_den);
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    Worker *const s = worker;
    VpVifSums sums[VP_VIF_SCALES];
    for (int i = 0; i < VP_VIF_SCALES; i++) {
        const VpVifPair pair = {level(s, i, 0, frames->ref[0]), level(s, i, 1, frames->dis[0]), i, s->bpc};
        if (i || s->scale0)
            vp_vif_scale(&s->kernels, &pair, s->limit, s->n_limits, s->work, &sums[i], s->num_log + i * s->n_limits);
        if (i + 1 == VP_VIF_SCALES) break;
        vp_vif_next(&s->kernels, &pair.ref, i, s->bpc, s->level[i + 1].picture[0], s->level[i + 1].stride, s->row);
        vp_vif_next(&s->kernels, &pair.dis, i, s->bpc, s->level[i + 1].picture[1], s->level[i + 1].stride, s->row);
    }
    for (int i = 0; i < s->n; i++) put(s, i, sums, row);
    return 0;
}

const VpExtractor vp_extractor_vif = {
    .name = "vif",
    .options = options,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .close = close_worker,
};
