/* float_adm: detail loss and additive impairment, in single precision.
 *
 * S. Li, F. Zhang, L. Ma, K. N. Ngan, "Image quality assessment by separately evaluating detail losses and additive
 * impairments", IEEE Transactions on Multimedia 13(5), 2011, in the form of VMAF.
 *
 * A level of the wavelet is one pass over its band rows. The wavelets serve all variants; a variant keeps three rows
 * of decoupled bands, what the masking of the middle one needs. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "kernel/float_adm.h"

enum { LEVELS = VP_FLOAT_ADM_LEVELS, BANDS = VP_ADM_BANDS, PARTS = VP_ADM_PARTS };
enum { REF, DIS, PICTURES };
enum { WAVELET_ROWS = 4, KEPT_ROWS = 3 };

typedef struct Options {
    bool debug;
    double gain_limit, view_distance;
    int display_height;
    double noise_weight;
    int csf_mode;
    double csf_scale, csf_diag_scale;
    int bypass_masking;
    double p_norm, dlm_weight, minimum;
    bool harmonic;
    double straight[LEVELS], diagonal[LEVELS]; /* negative: from the CSF */
    int skip_aim_scale;
    bool skip_scale0;
} Options;

#define FACTOR(s)                                                                                                   \
    {.name = "adm_f1s" #s, .tag = "f1s" #s, .type = VP_DOUBLE, .offset = offsetof(Options, straight[s]),            \
     .def = -1, .min = -1, .max = 10},                                                                              \
    {.name = "adm_f2s" #s, .tag = "f2s" #s, .type = VP_DOUBLE, .offset = offsetof(Options, diagonal[s]),            \
     .def = -1, .min = -1, .max = 10}

static const VpOption options_table[] = {
    {.name = "debug", .type = VP_BOOL, .offset = offsetof(Options, debug)},
    {.name = "adm_enhn_gain_limit", .tag = "egl", .type = VP_DOUBLE, .offset = offsetof(Options, gain_limit),
     .def = 100, .min = 1, .max = 100},
    {.name = "adm_norm_view_dist", .tag = "nvd", .type = VP_DOUBLE, .offset = offsetof(Options, view_distance),
     .def = 3, .min = 0.75, .max = 24},
    {.name = "adm_ref_display_height", .tag = "rdf", .type = VP_INT, .offset = offsetof(Options, display_height),
     .def = 1080, .min = 1, .max = 4320},
    {.name = "adm_noise_weight", .tag = "nw", .type = VP_DOUBLE, .offset = offsetof(Options, noise_weight),
     .def = 0.03125, .min = 0, .max = 1500},
    {.name = "adm_csf_mode", .tag = "csf", .type = VP_INT, .offset = offsetof(Options, csf_mode), .min = 0, .max = 9},
    {.name = "adm_csf_scale", .tag = "scf", .type = VP_DOUBLE, .offset = offsetof(Options, csf_scale),
     .def = 1, .min = 0, .max = 50},
    {.name = "adm_csf_diag_scale", .tag = "scfd", .type = VP_DOUBLE, .offset = offsetof(Options, csf_diag_scale),
     .def = 1, .min = 0, .max = 50},
    {.name = "adm_bypass_cm", .tag = "bcm", .type = VP_INT, .offset = offsetof(Options, bypass_masking),
     .min = 0, .max = 1},
    {.name = "adm_p_norm", .tag = "apn", .type = VP_DOUBLE, .offset = offsetof(Options, p_norm),
     .def = 3, .min = 1, .max = 20},
    {.name = "adm_dlm_weight", .tag = "dlmw", .type = VP_DOUBLE, .offset = offsetof(Options, dlm_weight),
     .def = 0.5, .min = 0, .max = 1},
    {.name = "adm_min_val", .tag = "min", .type = VP_DOUBLE, .offset = offsetof(Options, minimum),
     .min = 0, .max = 1},
    {.name = "adm_adm3_apply_hm", .tag = "aah", .type = VP_BOOL, .offset = offsetof(Options, harmonic)},
    FACTOR(0),
    FACTOR(1),
    FACTOR(2),
    FACTOR(3),
    {.name = "adm_skip_aim_scale", .tag = "sasc", .type = VP_INT, .offset = offsetof(Options, skip_aim_scale),
     .def = -1, .min = 0, .max = 3},
    {.name = "adm_skip_scale0", .tag = "ssz", .type = VP_BOOL, .offset = offsetof(Options, skip_scale0)},
    {0},
};

enum {
    OUT_ADM2,
    OUT_AIM,
    OUT_ADM3,
    OUT_SCALE0,
    OUT_ADM = OUT_SCALE0 + LEVELS,
    OUT_NUM,
    OUT_DEN,
    OUT_NUM_SCALE0,
    OUT_DEN_SCALE0 = OUT_NUM_SCALE0 + LEVELS,
};

static const VpOutput outputs[] = {
    {"VMAF_feature_adm2_score", "adm2", 0},
    {"VMAF_feature_aim_score", "aim", 0},
    {"VMAF_feature_adm3_score", "adm3", 0},
    {"VMAF_feature_adm_scale0_score", "adm_scale0", 0},
    {"VMAF_feature_adm_scale1_score", "adm_scale1", 0},
    {"VMAF_feature_adm_scale2_score", "adm_scale2", 0},
    {"VMAF_feature_adm_scale3_score", "adm_scale3", 0},
    {"adm", NULL, VP_OUT_BARE},
    {"adm_num", NULL, 0},
    {"adm_den", NULL, 0},
    {"adm_num_scale0", NULL, 0},
    {"adm_num_scale1", NULL, 0},
    {"adm_num_scale2", NULL, 0},
    {"adm_num_scale3", NULL, 0},
    {"adm_den_scale0", NULL, 0},
    {"adm_den_scale1", NULL, 0},
    {"adm_den_scale2", NULL, 0},
    {"adm_den_scale3", NULL, 0},
    {0},
};

/* The smallest band needs two samples each way: masking mirrors at its edges. */
static int check(const VpStream *stream, const void *options)
{
    (void)options;
    if (!vp_float_depth_known(stream->bpc) || stream->w < 17 || stream->h < 17) return -EINVAL;
    return 0;
}

/* A band of a level, and the part of it that is summed: what lies a tenth of the size inside each edge. */
typedef struct Level {
    int w, h;
    int left, top, right, bottom; /* right and bottom excluded */
    ptrdiff_t stride;
} Level;

typedef struct Variant {
    const Options *options;
    float weight[LEVELS][BANDS];
    int same_den; /* an earlier variant with the same denominators, or its own number */
    /* rows of the level at hand: row i of part p at slot (i % KEPT_ROWS) * PARTS + p */
    float *weighted, *share;
    float sum[PARTS], den_sum[BANDS];
    float num[LEVELS], aim[LEVELS], den[LEVELS];
} Variant;

typedef struct Worker {
    VpStream stream;
    VpFloatRows rows;
    VpFloatAdmKernels adm;
    int n;
    Variant *variant;
    Level level[LEVELS];
    bool want[LEVELS];                    /* by any variant; an unwanted level gives its low band only */
    float *low[PICTURES][LEVELS];         /* low bands of levels 0 to 2, read by the next */
    float *ring[PICTURES];                /* the last rows of the pictures, as floats */
    float *split;                         /* low and high half of the rows at hand */
    float *band[PICTURES];                /* BANDS rows */
    float *term;                          /* PARTS rows */
} Worker;

static void close(void *worker)
{
    Worker *w = worker;
    if (!w) return;
    for (int i = 0; w->variant && i < w->n; i++) {
        vp_free(w->variant[i].weighted);
        vp_free(w->variant[i].share);
    }
    for (int p = 0; p < PICTURES; p++) {
        for (int s = 0; s < LEVELS; s++) vp_free(w->low[p][s]);
        vp_free(w->ring[p]);
        vp_free(w->band[p]);
    }
    vp_free(w->variant);
    vp_free(w->split);
    vp_free(w->term);
    vp_free(w);
}

static void set_weights(Variant *v)
{
    const Options *o = v->options;
    const VpFloatAdmViewing viewing = {o->csf_mode, o->view_distance, o->display_height, o->csf_scale,
                                       o->csf_diag_scale};
    for (int s = 0; s < LEVELS; s++) {
        float straight, diagonal;
        vp_float_adm_sensitivity(&viewing, s, &straight, &diagonal);
        if (o->straight[s] >= 0) straight = (float)o->straight[s];
        if (o->diagonal[s] >= 0) diagonal = (float)o->diagonal[s];
        v->weight[s][VP_ADM_H] = v->weight[s][VP_ADM_V] = straight;
        v->weight[s][VP_ADM_D] = diagonal;
    }
}

static bool same_denominators(const Variant *a, const Variant *b)
{
    return !memcmp(a->weight, b->weight, sizeof a->weight) && a->options->p_norm == b->options->p_norm &&
           a->options->noise_weight == b->options->noise_weight &&
           a->options->skip_scale0 == b->options->skip_scale0;
}

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    Worker *w = vp_calloc(1, sizeof *w);
    if (!w) return -ENOMEM;
    w->stream = *stream;
    w->n = n;
    vp_float_rows_init(&w->rows, stream->cpu);
    vp_float_adm_kernels_init(&w->adm, stream->cpu);
    int width = stream->w, height = stream->h;
    const size_t widest = (size_t)vp_float_stride(width);
    for (int s = 0; s < LEVELS; s++) {
        Level *l = &w->level[s];
        width = l->w = (width + 1) / 2;
        height = l->h = (height + 1) / 2;
        l->left = (int)(0.1 * l->w - 0.5);
        l->top = (int)(0.1 * l->h - 0.5);
        l->right = l->w - l->left;
        l->bottom = l->h - l->top;
        l->stride = vp_float_stride(l->w);
    }
    const size_t stride = (size_t)w->level[0].stride;
    for (int p = 0; p < PICTURES; p++) {
        for (int s = 0; s + 1 < LEVELS; s++)
            if (!(w->low[p][s] = vp_calloc((size_t)w->level[s].h * w->level[s].stride, sizeof(float)))) goto fail;
        w->ring[p] = vp_calloc(WAVELET_ROWS * widest, sizeof(float));
        w->band[p] = vp_calloc(BANDS * stride, sizeof(float));
        if (!w->ring[p] || !w->band[p]) goto fail;
    }
    w->split = vp_calloc(2 * widest, sizeof(float));
    w->term = vp_calloc(PARTS * stride, sizeof(float));
    w->variant = vp_calloc((size_t)n, sizeof *w->variant);
    if (!w->split || !w->term || !w->variant) goto fail;
    for (int i = 0; i < n; i++) {
        Variant *v = &w->variant[i];
        v->options = options[i];
        set_weights(v);
        while (v->same_den < i && !same_denominators(v, &w->variant[v->same_den])) v->same_den++;
        v->weighted = vp_calloc(KEPT_ROWS * PARTS * stride, sizeof(float));
        v->share = vp_calloc(KEPT_ROWS * PARTS * stride, sizeof(float));
        if (!v->weighted || !v->share) goto fail;
        for (int s = 0; s < LEVELS; s++) w->want[s] |= s || !v->options->skip_scale0;
    }
    *worker = w;
    return 0;
fail:
    close(w);
    return -ENOMEM;
}

/* Row y of the samples that level s splits. */
static const float *source_row(const Worker *w, int picture, int s, int y)
{
    if (!s) return w->ring[picture] + (y % WAVELET_ROWS) * vp_float_stride(w->stream.w) + VP_FLOAT_MARGIN;
    return w->low[picture][s - 1] + y * w->level[s - 1].stride + VP_FLOAT_MARGIN;
}

static float *band_row(const Worker *w, int picture, int band)
{
    return w->band[picture] + band * w->level[0].stride + VP_FLOAT_MARGIN;
}

/* Row i of all bands of level s. The low band of the last level is of no use, its row is scratch. */
static void split(Worker *w, int picture, int s, int i, bool details)
{
    const Level *l = &w->level[s];
    const int width = s ? w->level[s - 1].w : w->stream.w, height = s ? w->level[s - 1].h : w->stream.h;
    const float *row[WAVELET_ROWS];
    for (int k = 0; k < WAVELET_ROWS; k++)
        row[k] = source_row(w, picture, s, vp_mirror_repeat_last(2 * i - 1 + k, height));
    float *half[] = {w->split + VP_FLOAT_MARGIN, w->split + vp_float_stride(w->stream.w) + VP_FLOAT_MARGIN};
    w->adm.split_rows(row, width, half[0], half[1]);
    for (int k = 0; k < 2; k++) {
        half[k][-1] = half[k][1];
        half[k][width] = half[k][width - 1];
        half[k][width + 1] = half[k][width - 2];
    }
    float *low = s + 1 < LEVELS ? w->low[picture][s] + i * l->stride : w->term;
    w->adm.split_row(half[0], l->w, low + VP_FLOAT_MARGIN, band_row(w, picture, VP_ADM_V));
    if (details) w->adm.split_row(half[1], l->w, band_row(w, picture, VP_ADM_H), band_row(w, picture, VP_ADM_D));
}

static float *kept_row(const Worker *w, float *kept, int i, int part)
{
    return kept + ((i % KEPT_ROWS) * PARTS + part) * w->level[0].stride + VP_FLOAT_MARGIN;
}

/* Band rows i of both pictures into the variant's kept rows: the region and one sample around it. */
static void decouple(const Worker *w, Variant *v, int s, int i)
{
    const Level *l = &w->level[s];
    const int from = l->left ? l->left - 1 : 0, to = l->right < l->w ? l->right + 1 : l->w;
    const float *o[BANDS], *t[BANDS];
    float *weighted[PARTS], *share[PARTS];
    for (int b = 0; b < BANDS; b++) {
        o[b] = band_row(w, REF, b) + from;
        t[b] = band_row(w, DIS, b) + from;
    }
    for (int p = 0; p < PARTS; p++) {
        weighted[p] = kept_row(w, v->weighted, i, p) + from;
        share[p] = kept_row(w, v->share, i, p) + from;
    }
    w->adm.decouple(o, t, to - from, v->options->gain_limit, v->weight[s], weighted, share);
    if (l->left) return;
    for (int p = 0; p < PARTS; p++) { /* the region reaches both edges */
        share[p][-1] = share[p][1];
        share[p][l->w] = share[p][l->w - 1];
    }
}

/* Adds the terms of a row, raised to the variant's power, to n sums. */
static void add_terms(const Worker *w, const Variant *v, const Level *l, int n, float *sum)
{
    const int width = l->right - l->left;
    const float p = (float)v->options->p_norm;
    const float *term[PARTS];
    float row_sum[PARTS] = {0};
    for (int b = 0; b < n; b++) {
        float *row = w->term + b * w->level[0].stride;
        if (v->options->p_norm != 3)
            for (int x = 0; x < width; x++) row[x] = powf(row[x], p);
        term[b] = row;
    }
    w->rows.sums(term, n, width, row_sum);
    for (int b = 0; b < n; b++) sum[b] += row_sum[b];
}

/* The reference's energy in band row i of the region. */
static void add_denominator(const Worker *w, Variant *v, int s)
{
    const Level *l = &w->level[s];
    const float *band[BANDS];
    float *term[BANDS];
    for (int b = 0; b < BANDS; b++) {
        band[b] = band_row(w, REF, b) + l->left;
        term[b] = w->term + b * w->level[0].stride;
    }
    w->adm.energy(band, v->weight[s], l->right - l->left, v->options->p_norm == 3, term);
    add_terms(w, v, l, BANDS, v->den_sum);
}

/* Row i of the region, its neighbours decoupled: what is left, masked by what was added, and the reverse. */
static void add_numerators(const Worker *w, Variant *v, int s, int i)
{
    static const float one[BANDS] = {1, 1, 1};
    const Level *l = &w->level[s];
    const int width = l->right - l->left;
    const bool cube = v->options->p_norm == 3;
    for (int part = 0; part < PARTS; part += BANDS) {
        const int masking = VP_ADM_ADDED - part;
        const float *measured[BANDS], *mask[BANDS], *share[3 * BANDS];
        float *term[BANDS];
        for (int b = 0; b < BANDS; b++) {
            measured[b] = kept_row(w, v->weighted, i, part + b) + l->left;
            mask[b] = kept_row(w, v->weighted, i, masking + b) + l->left;
            for (int k = -1; k <= 1; k++)
                share[3 * b + 1 + k] =
                    kept_row(w, v->share, vp_mirror_repeat_last(i + k, l->h), masking + b) + l->left;
            term[b] = w->term + (part + b) * w->level[0].stride;
        }
        if (v->options->bypass_masking)
            w->adm.energy(measured, one, width, cube, term);
        else
            w->adm.masked_energy(measured, mask, share, width, cube, term);
    }
    add_terms(w, v, l, PARTS, v->sum);
}

/* Minkowski pooling of three bands, the noise of their area added to each. */
static float pool(const Variant *v, const Level *l, const float *sum, double noise_weight)
{
    const float p = (float)(1.0 / v->options->p_norm);
    const int area = (l->bottom - l->top) * (l->right - l->left);
    float total = 0;
    for (int b = 0; b < BANDS; b++) total += powf(sum[b], p) + powf((float)(area * noise_weight), p);
    return total;
}

static void measure_level(Worker *w, int s, const VpPicture *const picture[PICTURES])
{
    const Level *l = &w->level[s];
    for (int k = 0; k < w->n; k++) {
        memset(w->variant[k].sum, 0, sizeof w->variant[k].sum);
        memset(w->variant[k].den_sum, 0, sizeof w->variant[k].den_sum);
    }
    int loaded = 0;
    for (int i = 0; i < l->h; i++) {
        if (!s)
            for (; loaded < w->stream.h && loaded <= 2 * i + 2; loaded++)
                for (int p = 0; p < PICTURES; p++)
                    w->rows.load(vp_row(&picture[p]->plane[0], loaded), w->stream.bpc, w->stream.w,
                                 (float *)source_row(w, p, 0, loaded));
        const bool near = w->want[s] && i >= l->top - 1 && i <= l->bottom;
        for (int p = 0; p < PICTURES; p++) split(w, p, s, i, near);
        if (!near) continue;
        for (int k = 0; k < w->n; k++) {
            Variant *v = &w->variant[k];
            if (!s && v->options->skip_scale0) continue;
            decouple(w, v, s, i);
            if (i >= l->top && i < l->bottom && v->same_den == k) add_denominator(w, v, s);
            if (i > l->top && i <= l->bottom) add_numerators(w, v, s, i - 1);
            /* no row follows: its own mirror image stands in */
            if (i == l->h - 1 && l->bottom == l->h) add_numerators(w, v, s, i);
        }
    }
    for (int k = 0; k < w->n; k++) {
        Variant *v = &w->variant[k];
        if (!s && v->options->skip_scale0) {
            v->num[s] = v->aim[s] = 0;
            v->den[s] = 1e-10f;
            continue;
        }
        v->num[s] = pool(v, l, v->sum + VP_ADM_RESTORED, v->options->noise_weight);
        v->aim[s] = pool(v, l, v->sum + VP_ADM_ADDED, 0);
        v->den[s] = v->same_den == k ? pool(v, l, v->den_sum, v->options->noise_weight)
                                     : w->variant[v->same_den].den[s];
    }
}

static void put_scores(const Worker *w, int i, VpRow *row)
{
    const Variant *v = &w->variant[i];
    const Options *o = v->options;
    double num = 0, den = 0, aim_num = 0, aim_den = 0;
    for (int s = 0; s < LEVELS; s++) {
        num += v->num[s];
        den += v->den[s];
        vp_row_put(row, i, OUT_SCALE0 + s, (double)v->num[s] / v->den[s]);
        if (s == o->skip_aim_scale) continue;
        aim_num += v->aim[s];
        aim_den += v->den[s];
    }
    const double least = 1e-10 * ((double)w->stream.w * w->stream.h) / (1920.0 * 1080.0);
    if (num < least) num = 0;
    if (den < least) den = 0;
    const double adm2 = den > 0 ? num / den : 1;
    /* a reference without detail, and no noise assumed: nothing can be masked, nothing is called impaired */
    double aim = den > 0 && aim_den > 0 ? aim_num / aim_den : 0;
    if (aim > 1) aim = 1;
    double adm3 = o->dlm_weight * adm2 + (1 - o->dlm_weight) * (1 - aim);
    if (o->harmonic) adm3 = 2 * adm2 * aim / (adm2 + aim);
    if (!(adm3 > o->minimum)) adm3 = o->minimum;
    vp_row_put(row, i, OUT_ADM2, adm2);
    vp_row_put(row, i, OUT_AIM, aim);
    vp_row_put(row, i, OUT_ADM3, adm3);
    if (!o->debug) return;
    vp_row_put(row, i, OUT_ADM, adm2);
    vp_row_put(row, i, OUT_NUM, num);
    vp_row_put(row, i, OUT_DEN, den);
    for (int s = 0; s < LEVELS; s++) {
        vp_row_put(row, i, OUT_NUM_SCALE0 + s, v->num[s]);
        vp_row_put(row, i, OUT_DEN_SCALE0 + s, v->den[s]);
    }
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    Worker *w = worker;
    const VpPicture *const picture[PICTURES] = {frames->ref[0], frames->dis[0]};
    for (int s = 0; s < LEVELS; s++) measure_level(w, s, picture);
    for (int i = 0; i < w->n; i++) put_scores(w, i, row);
    return 0;
}

const VpExtractor vp_extractor_float_adm = {
    .name = "float_adm",
    .options = options_table,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .close = close,
};
