/* float_vif: visual information fidelity at four scales, in single precision.
 *
 * H. R. Sheikh, A. C. Bovik, "Image information and visual quality", IEEE Transactions on Image Processing 15(2), 2006,
 * in the form of VMAF: pixel domain, one scalar Gaussian scale mixture per position.
 *
 * A scale is one pass over its pictures, eight rows at a time in strips of columns; the pass also makes the next scale.
 * Scale 0 is read from the picture through a ring of rows, so no plane of its size is kept unless it is pre-scaled. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "kernel/float_vif.h"
#include "kernel/resample.h"

enum { SCALES = VP_FLOAT_VIF_SCALES, ROWS = VP_FLOAT_VIF_ROWS };
enum { STRIP = 480 }; /* columns measured at a time */
enum { REF, DIS, PICTURES };

typedef struct Options {
    bool debug;
    double gain_limit, kernelscale, prescale;
    char method[VP_STRING_SIZE];
    double noise;
    bool skip_scale0;
    double minimum[SCALES]; /* scale 0 has none */
} Options;

static const VpOption options_table[] = {
    {.name = "debug", .type = VP_BOOL, .offset = offsetof(Options, debug)},
    {.name = "vif_enhn_gain_limit", .tag = "egl", .type = VP_DOUBLE, .offset = offsetof(Options, gain_limit),
     .def = 100, .min = 1, .max = 100},
    {.name = "vif_kernelscale", .tag = "ks", .type = VP_DOUBLE, .offset = offsetof(Options, kernelscale),
     .def = 1, .min = 0.1, .max = 4},
    {.name = "vif_prescale", .tag = "ps", .type = VP_DOUBLE, .offset = offsetof(Options, prescale),
     .def = 1, .min = 0.1, .max = 4},
    {.name = "vif_prescale_method", .tag = "pm", .type = VP_STRING, .offset = offsetof(Options, method),
     .def_string = "nearest", .allowed = vp_resample_names},
    {.name = "vif_sigma_nsq", .tag = "snsq", .type = VP_DOUBLE, .offset = offsetof(Options, noise),
     .def = 2, .min = 0, .max = 5},
    {.name = "vif_skip_scale0", .tag = "ssclz", .type = VP_BOOL, .offset = offsetof(Options, skip_scale0)},
    {.name = "vif_scale1_min_val", .tag = "s1miv", .type = VP_DOUBLE, .offset = offsetof(Options, minimum[1]),
     .min = 0, .max = 1},
    {.name = "vif_scale2_min_val", .tag = "s2miv", .type = VP_DOUBLE, .offset = offsetof(Options, minimum[2]),
     .min = 0, .max = 1},
    {.name = "vif_scale3_min_val", .tag = "s3miv", .type = VP_DOUBLE, .offset = offsetof(Options, minimum[3]),
     .min = 0, .max = 1},
    {0},
};

enum { OUT_SCALE0, OUT_VIF = SCALES, OUT_NUM, OUT_DEN, OUT_NUM_SCALE0, OUT_DEN_SCALE0 = OUT_NUM_SCALE0 + SCALES };

static const VpOutput outputs[] = {
    {"VMAF_feature_vif_scale0_score", "vif_scale0", 0},
    {"VMAF_feature_vif_scale1_score", "vif_scale1", 0},
    {"VMAF_feature_vif_scale2_score", "vif_scale2", 0},
    {"VMAF_feature_vif_scale3_score", "vif_scale3", 0},
    {"vif", NULL, 0},
    {"vif_num", NULL, 0},
    {"vif_den", NULL, 0},
    {"vif_num_scale0", NULL, 0},
    {"vif_num_scale1", NULL, 0},
    {"vif_num_scale2", NULL, 0},
    {"vif_num_scale3", NULL, 0},
    {"vif_den_scale0", NULL, 0},
    {"vif_den_scale1", NULL, 0},
    {"vif_den_scale2", NULL, 0},
    {"vif_den_scale3", NULL, 0},
    {0},
};

static int scaled_size(int n, const Options *o)
{
    return o->prescale == 1 ? n : vp_resample_size(n, o->prescale);
}

/* Everything that is filtered must be larger than half the window, or the mirror image runs out. */
static int check(const VpStream *stream, const void *options)
{
    const Options *o = options;
    if (!vp_float_depth_known(stream->bpc) || !vp_float_vif_kernelscale_known(o->kernelscale)) return -EINVAL;
    /* the resampler mirrors once; its longest window reaches four samples past the edge */
    if (stream->w < 16 || stream->h < 16) return -EINVAL;
    const int w = scaled_size(stream->w, o), h = scaled_size(stream->h, o);
    const int smallest = w < h ? w : h;
    for (int s = 0; s < SCALES; s++) {
        float tap[VP_FLOAT_MAX_TAPS];
        const int half = vp_float_vif_window(o->kernelscale, s, tap) / 2;
        if (smallest >> s <= half) return -EINVAL;
    }
    return 0;
}

/* Variants that differ in gain limit, minima and the use of scale 0 only: one set of filters and moments. */
typedef struct Group {
    const Options *options; /* of its first variant */
    int n;
    float *gain;  /* of its n variants */
    float *score; /* numerators: of variant i at scale s in [i * SCALES + s] */
    float den[SCALES];
    bool want_scale0;
    bool prescaled;
    VpResample resample;
    int w[SCALES], h[SCALES];
    int taps[SCALES];
    float tap[SCALES][VP_FLOAT_MAX_TAPS];
    float *plane[PICTURES][SCALES]; /* first row; [0] only if prescaled */
    ptrdiff_t stride[SCALES];
    float *ring[PICTURES]; /* rows of scale 0; while resampling, whole planes of the source */
    int slots;
    float *halves; /* VP_FLOAT_BLOCK rows, half filtered */
    /* of a strip, rows of strip_stride floats */
    ptrdiff_t strip_stride;
    float *moments;     /* ROWS x VP_VIF_MOMENTS rows */
    float *filtered;    /* VP_VIF_MOMENTS rows */
    float *terms;       /* 1 + n times ROWS rows: denominator, numerators */
    float (*sum)[ROWS]; /* of these terms */
    const float **row;  /* rows handed to a kernel: taps + ROWS of each picture */
    float **out;        /* rows a kernel fills */
} Group;

typedef struct Worker {
    VpStream stream;
    VpFloatRows rows;
    VpFloatVifKernels vif;
    int n, n_groups;
    const Options **options;
    int *group_of, *place_of; /* of each variant: its group, its number there */
    Group *group;
} Worker;

static bool same_group(const Options *a, const Options *b)
{
    return a->kernelscale == b->kernelscale && a->prescale == b->prescale && a->noise == b->noise &&
           !strcmp(a->method, b->method);
}

static void close_group(Group *g)
{
    vp_resample_close(&g->resample);
    for (int p = 0; p < PICTURES; p++) {
        for (int s = 0; s < SCALES; s++) vp_free(g->plane[p][s]);
        vp_free(g->ring[p]);
    }
    vp_free(g->gain);
    vp_free(g->score);
    vp_free(g->halves);
    vp_free(g->sum);
    vp_free(g->moments);
    vp_free(g->filtered);
    vp_free(g->terms);
    vp_free(g->row);
    vp_free(g->out);
}

static void close(void *worker)
{
    Worker *w = worker;
    if (!w) return;
    for (int i = 0; i < w->n_groups; i++) close_group(&w->group[i]);
    vp_free(w->group);
    vp_free(w->options);
    vp_free(w->group_of);
    vp_free(w->place_of);
    vp_free(w);
}

/* g->n, g->options and g->gain are set. */
static int open_group(Group *g, const VpStream *stream)
{
    const Options *o = g->options;
    g->w[0] = scaled_size(stream->w, o);
    g->h[0] = scaled_size(stream->h, o);
    g->prescaled = g->w[0] != stream->w || g->h[0] != stream->h;
    int longest = 0;
    for (int s = 0; s < SCALES; s++) {
        if (s) {
            g->w[s] = g->w[s - 1] / 2;
            g->h[s] = g->h[s - 1] / 2;
        }
        g->stride[s] = vp_float_stride(g->w[s]);
        g->taps[s] = vp_float_vif_window(o->kernelscale, s, g->tap[s]);
        if (g->taps[s] > longest) longest = g->taps[s];
    }
    g->slots = longest + ROWS - 1;
    if (g->prescaled) {
        const int err = vp_resample_open(&g->resample, vp_resample_method(o->method), stream->w, stream->h, g->w[0],
                                         g->h[0]);
        if (err) return err;
        g->slots = stream->h;
    }
    for (int p = 0; p < PICTURES; p++) {
        if (!(g->ring[p] = vp_calloc((size_t)g->slots * vp_float_stride(stream->w), sizeof(float)))) return -ENOMEM;
        for (int s = g->prescaled ? 0 : 1; s < SCALES; s++)
            if (!(g->plane[p][s] = vp_calloc((size_t)g->h[s] * g->stride[s], sizeof(float)))) return -ENOMEM;
    }
    g->strip_stride = vp_float_stride(STRIP < g->w[0] ? STRIP : g->w[0]);
    const size_t stride = (size_t)g->strip_stride;
    g->halves = vp_calloc((size_t)VP_FLOAT_BLOCK * g->stride[0], sizeof(float));
    g->sum = vp_calloc((size_t)(1 + g->n), sizeof *g->sum);
    g->score = vp_calloc((size_t)g->n * SCALES, sizeof *g->score);
    g->moments = vp_calloc(ROWS * VP_VIF_MOMENTS * stride, sizeof(float));
    g->filtered = vp_calloc(VP_VIF_MOMENTS * stride, sizeof(float));
    g->terms = vp_calloc((size_t)(1 + g->n) * ROWS * stride, sizeof(float));
    g->row = vp_alloc((size_t)PICTURES * (longest + ROWS), sizeof *g->row);
    g->out = vp_alloc((size_t)(ROWS * VP_VIF_MOMENTS + g->n), sizeof *g->out);
    const bool all = g->halves && g->sum && g->score && g->moments && g->filtered && g->terms && g->row && g->out;
    return all ? 0 : -ENOMEM;
}

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    Worker *w = vp_calloc(1, sizeof *w);
    if (!w) return -ENOMEM;
    int err = -ENOMEM;
    w->stream = *stream;
    w->n = n;
    vp_float_rows_init(&w->rows, stream->cpu);
    vp_float_vif_kernels_init(&w->vif, stream->cpu);
    w->options = vp_alloc((size_t)n, sizeof *w->options);
    w->group_of = vp_alloc((size_t)n, sizeof *w->group_of);
    w->place_of = vp_alloc((size_t)n, sizeof *w->place_of);
    w->group = vp_calloc((size_t)n, sizeof *w->group);
    if (!w->options || !w->group_of || !w->place_of || !w->group) goto fail;
    for (int i = 0; i < n; i++) {
        const Options *o = w->options[i] = options[i];
        int k = 0;
        while (k < w->n_groups && !same_group(w->group[k].options, o)) k++;
        Group *g = &w->group[k];
        if (k == w->n_groups) {
            w->n_groups++;
            g->options = o;
            if (!(g->gain = vp_alloc((size_t)n, sizeof *g->gain))) goto fail;
        }
        g->want_scale0 |= !o->skip_scale0;
        g->gain[g->n] = (float)o->gain_limit;
        w->group_of[i] = k;
        w->place_of[i] = g->n++;
    }
    for (int k = 0; k < w->n_groups; k++)
        if ((err = open_group(&w->group[k], stream))) goto fail;
    *worker = w;
    return 0;
fail:
    close(w);
    return err;
}

/* Row y of a picture at scale s. Unscaled pictures keep the last `slots` rows of scale 0. */
static float *row_of(const Group *g, int picture, int s, int y)
{
    if (!s && !g->prescaled) return g->ring[picture] + (y % g->slots) * g->stride[0] + VP_FLOAT_MARGIN;
    return g->plane[picture][s] + y * g->stride[s] + VP_FLOAT_MARGIN;
}

static void load_row(const Worker *w, Group *g, const VpPicture *const picture[PICTURES], int y)
{
    for (int p = 0; p < PICTURES; p++) {
        const VpPlane *luma = &picture[p]->plane[0];
        float *dst = g->ring[p] + (y % g->slots) * vp_float_stride(luma->w) + VP_FLOAT_MARGIN;
        w->rows.load(vp_row(luma, y), w->stream.bpc, luma->w, dst);
    }
}

static void prescale(const Worker *w, Group *g, const VpPicture *const picture[PICTURES])
{
    for (int y = 0; y < w->stream.h; y++) load_row(w, g, picture, y);
    for (int p = 0; p < PICTURES; p++)
        for (int y = 0; y < g->h[0]; y++)
            vp_resample_row(&g->resample, g->ring[p] + VP_FLOAT_MARGIN, vp_float_stride(w->stream.w), y, 0, g->w[0],
                            row_of(g, p, 0, y));
}

/* Moments, information and sums of columns left .. right - 1 of rows y .. y + rows - 1. sum: row sums so far, of the
 * denominators and then of the numerators of each variant. */
static void measure_strip(const Worker *w, Group *g, int s, int y, int rows, int left, int right, float (*sum)[ROWS])
{
    const int taps = g->taps[s], half = taps / 2, width = right - left;
    const int from = left > half ? left - half : 0, to = right + half < g->w[s] ? right + half : g->w[s];
    const ptrdiff_t stride = g->strip_stride;
    const float **x = g->row, **d = g->row + taps + ROWS;
    const int last = g->h[s] - 1 + half;
    for (int i = 0; i < ROWS + taps - 1; i++) { /* past the last row the results are not used */
        const int at = y - half + i;
        const int k = vp_mirror(at < last ? at : last, g->h[s]);
        x[i] = row_of(g, REF, s, k) + from;
        d[i] = row_of(g, DIS, s, k) + from;
    }
    for (int i = 0; i < ROWS * VP_VIF_MOMENTS; i++)
        g->out[i] = g->moments + i * stride + VP_FLOAT_MARGIN + (from - left);
    w->vif.moments(x, d, g->tap[s], taps, to - from, g->out);

    const float *filtered[VP_VIF_MOMENTS];
    for (int m = 0; m < VP_VIF_MOMENTS; m++) filtered[m] = g->filtered + m * stride;
    float **num = g->out + ROWS * VP_VIF_MOMENTS;
    for (int r = 0; r < rows; r++) {
        for (int m = 0; m < VP_VIF_MOMENTS; m++) {
            float *row = g->moments + (r * VP_VIF_MOMENTS + m) * stride + VP_FLOAT_MARGIN;
            if (from == 0) vp_float_mirror_left(row - left, half);
            if (to == g->w[s]) vp_float_mirror_right(row - left, g->w[s], half);
            w->rows.horizontal(row - half, g->tap[s], taps, width, g->filtered + m * stride);
        }
        for (int i = 0; i < g->n; i++) num[i] = g->terms + ((1 + i) * ROWS + r) * stride;
        w->vif.information(filtered, width, g->options->noise, g->gain, g->n, num, g->terms + r * stride);
    }
    for (int i = 0; i < 1 + g->n; i++) {
        const float *term[ROWS];
        for (int r = 0; r < rows; r++) term[r] = g->terms + (i * ROWS + r) * stride;
        w->rows.sums(term, rows, width, sum[i]);
    }
}

/* The information of rows y .. y + rows - 1 of scale s, added to the totals. In strips, so that what one kernel hands
 * to the next is still in the cache of the core. */
static void measure_rows(const Worker *w, Group *g, int s, int y, int rows)
{
    memset(g->sum, 0, (size_t)(1 + g->n) * sizeof *g->sum);
    for (int left = 0; left < g->w[s]; left += STRIP) {
        const int right = g->w[s] - left < STRIP ? g->w[s] : left + STRIP;
        measure_strip(w, g, s, y, rows, left, right, g->sum);
    }
    for (int i = 0; i < 1 + g->n; i++) {
        float *total = i ? &g->score[(i - 1) * SCALES + s] : &g->den[s];
        for (int r = 0; r < rows; r++) *total += g->sum[i][r];
    }
}

/* Rows y .. y + rows - 1 of scale s, y a multiple of ROWS, give the rows of scale s + 1 that lie on even ones. */
static void halve_rows(const Worker *w, Group *g, int s, int y)
{
    _Static_assert(ROWS == 2 * VP_FLOAT_BLOCK, "half the rows of a block are one vertical pass");
    const int taps = g->taps[s + 1], half = taps / 2, last = g->h[s] - 1 + half;
    const ptrdiff_t stride = g->stride[0];
    for (int p = 0; p < PICTURES; p++) {
        float *filtered[VP_FLOAT_BLOCK];
        for (int i = 0; i < taps + 2 * (VP_FLOAT_BLOCK - 1); i++) {
            const int at = y - half + i;
            g->row[i] = row_of(g, p, s, vp_mirror(at < last ? at : last, g->h[s]));
        }
        for (int i = 0; i < VP_FLOAT_BLOCK; i++) filtered[i] = g->halves + i * stride + VP_FLOAT_MARGIN;
        w->rows.vertical_block(g->row, g->tap[s + 1], taps, 2, g->w[s], filtered);
        for (int i = 0; i < VP_FLOAT_BLOCK && y / 2 + i < g->h[s + 1]; i++) {
            vp_float_mirror_left(filtered[i], half);
            vp_float_mirror_right(filtered[i], g->w[s], half);
            w->rows.halve(filtered[i] - half, g->tap[s + 1], taps, g->w[s + 1], row_of(g, p, s + 1, y / 2 + i));
        }
    }
}

static void measure(const Worker *w, Group *g, const VpPicture *const picture[PICTURES])
{
    memset(g->score, 0, (size_t)g->n * SCALES * sizeof *g->score);
    memset(g->den, 0, sizeof g->den);
    if (g->prescaled) prescale(w, g, picture);
    for (int s = 0; s < SCALES; s++) {
        /* a block needs the rows under its windows, those of the next scale's included */
        int loaded = 0;
        const int below = (s + 1 < SCALES && g->taps[s + 1] > g->taps[s] ? g->taps[s + 1] : g->taps[s]) / 2;
        for (int y = 0; y < g->h[s]; y += ROWS) {
            const int rows = g->h[s] - y < ROWS ? g->h[s] - y : ROWS;
            if (!s && !g->prescaled)
                for (; loaded < g->h[0] && loaded < y + rows + below; loaded++) load_row(w, g, picture, loaded);
            if (s || g->want_scale0) measure_rows(w, g, s, y, rows);
            if (s + 1 < SCALES) halve_rows(w, g, s, y);
        }
    }
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    Worker *w = worker;
    const VpPicture *const picture[PICTURES] = {frames->ref[0], frames->dis[0]};
    for (int k = 0; k < w->n_groups; k++) measure(w, &w->group[k], picture);
    for (int i = 0; i < w->n; i++) {
        const Options *o = w->options[i];
        const Group *g = &w->group[w->group_of[i]];
        double num_sum = 0, den_sum = 0;
        for (int s = 0; s < SCALES; s++) {
            const bool used = s || !o->skip_scale0;
            const double num = used ? g->score[w->place_of[i] * SCALES + s] : 0;
            const double den = used ? g->den[s] : -1;
            double score = num / den;
            if (!used) score = 0;
            if (s && score < o->minimum[s]) score = o->minimum[s];
            vp_row_put(row, i, OUT_SCALE0 + s, score);
            if (used) {
                num_sum += num;
                den_sum += den;
            }
            if (o->debug) {
                vp_row_put(row, i, OUT_NUM_SCALE0 + s, num);
                vp_row_put(row, i, OUT_DEN_SCALE0 + s, den);
            }
        }
        if (!o->debug) continue;
        vp_row_put(row, i, OUT_VIF, den_sum == 0 ? 1 : num_sum / den_sum);
        vp_row_put(row, i, OUT_NUM, num_sum);
        vp_row_put(row, i, OUT_DEN, den_sum);
    }
    return 0;
}

const VpExtractor vp_extractor_float_vif = {
    .name = "float_vif",
    .options = options_table,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .close = close,
};
