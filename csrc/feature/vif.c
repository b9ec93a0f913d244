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
    double *limit; /* distinct gain limits */
    VpVifWork *work;
    VpVifPicture *picture;      /* the reference, then the distorted ones */
    VpVifNumerators *numerator; /* [scale][distorted] */
    int64_t *num_log;           /* [scale][distorted][limit] */
    int n_distorted;
    /* scales 1 to 3 of each picture; the strides are the widths of whole vectors */
    struct {
        int w, h, stride; /* samples */
        uint16_t *pictures;
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
    vp_free(s->work);
    vp_free(s->picture);
    vp_free(s->numerator);
    vp_free(s->num_log);
    for (int i = 1; i < VP_VIF_SCALES; i++) vp_free(s->level[i].pictures);
    vp_free(s);
}

static int open_worker(const VpStream *stream, const void *const *opt, int n, void **worker)
{
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    const size_t n_pictures = 1 + (size_t)stream->n_distorted, n_rows = VP_VIF_SCALES * (n_pictures - 1);
    s->bpc = stream->bpc;
    s->n = n;
    s->n_distorted = stream->n_distorted;
    s->variant = vp_calloc((size_t)n, sizeof *s->variant);
    s->limit = vp_calloc((size_t)n, sizeof *s->limit);
    s->work = vp_calloc(1, sizeof *s->work + n_pictures * sizeof *s->work->pairs);
    s->picture = vp_calloc(n_pictures, sizeof *s->picture);
    s->numerator = vp_calloc(n_rows, sizeof *s->numerator);
    s->num_log = vp_calloc(n_rows * (size_t)n, sizeof *s->num_log);
    if (!s->variant || !s->limit || !s->work || !s->picture || !s->numerator || !s->num_log) goto fail;
    for (int i = 0; i < VP_VIF_SCALES; i++) {
        s->level[i].w = stream->w >> i;
        s->level[i].h = stream->h >> i;
        s->level[i].stride = (s->level[i].w + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
        if (!i) continue;
        const size_t size = (size_t)s->level[i].stride * (size_t)s->level[i].h;
        s->level[i].pictures = vp_alloc(n_pictures * size, sizeof *s->level[i].pictures);
        if (!s->level[i].pictures) goto fail;
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
    for (size_t i = 0; i < n_rows; i++) s->numerator[i].log = s->num_log + i * (size_t)n;
    *worker = s;
    return 0;

fail:
    close_worker(s);
    return -ENOMEM;
}

static uint16_t *pyramid(const Worker *s, int scale, int picture)
{
    return s->level[scale].pictures + (size_t)picture * (size_t)s->level[scale].stride * (size_t)s->level[scale].h;
}

/* The picture of a scale: the caller's at scale 0, else that of the pyramid; and where the next scale's goes. */
static VpVifPicture level(const Worker *s, int scale, int picture, const VpPicture *source)
{
    VpVifPicture p = {.plane = source->plane[0]};
    if (scale)
        p.plane = (VpPlane){
            .data = (const uint8_t *)pyramid(s, scale, picture),
            .stride = (ptrdiff_t)s->level[scale].stride * (ptrdiff_t)sizeof(uint16_t),
            .w = s->level[scale].w,
            .h = s->level[scale].h,
        };
    if (scale + 1 < VP_VIF_SCALES) {
        p.next = pyramid(s, scale + 1, picture);
        p.next_stride = s->level[scale + 1].stride;
    }
    return p;
}

/* den_sums: of each scale */
static void put(const Worker *s, int variant, int distorted, const VpVifDenominators *den_sums, VpRow *row)
{
    const Variant *const v = &s->variant[variant];
    double total_num = 0, total_den = 0;
    for (int i = 0; i < VP_VIF_SCALES; i++) {
        /* single precision is part of the definition */
        float num = 0, den = -1, score = 0;
        if (i || !v->options.skip_scale0) {
            const VpVifNumerators *const sums = &s->numerator[i * s->n_distorted + distorted];
            num = (float)((double)sums->log[v->limit] / 2048.0 +
                          ((double)den_sums[i].nonlog - (double)sums->nonlog / 16384.0 / 65025.0));
            den = (float)((double)den_sums[i].log / 2048.0 + (double)den_sums[i].nonlog);
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

static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    Worker *const s = worker;
    VpVifDenominators den[VP_VIF_SCALES];
    for (int i = 0; i < VP_VIF_SCALES; i++) {
        s->picture[0] = level(s, i, 0, frames[0].ref[0]);
        for (int j = 0; j < n; j++) s->picture[1 + j] = level(s, i, 1 + j, frames[j].dis[0]);
        const VpVifScale scale = {
            .picture = s->picture,
            .n = 1 + n,
            .scale = i,
            .bpc = s->bpc,
            .statistics = i || s->scale0,
            .limit = s->limit,
            .n_limits = s->n_limits,
        };
        vp_vif_scale(&s->kernels, &scale, s->work, &den[i], s->numerator + i * s->n_distorted);
    }
    for (int j = 0; j < n; j++)
        for (int i = 0; i < s->n; i++) put(s, i, j, den, &row[j]);
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    return extract_several(worker, frames, 1, row);
}

const VpExtractor vp_extractor_vif = {
    .name = "vif",
    .options = options,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .extract_several = extract_several,
    .close = close_worker,
};
