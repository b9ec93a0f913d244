#include "feature/extractor.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "feature/cambi_heatmap.h"
#include "kernel/cambi_limits.h"
#include "kernel/cambi_score.h"

typedef struct Options {
    double max_val, topk, cambi_topk, tvi_threshold, vis_lum_threshold;
    int enc_width, enc_height, enc_bitdepth, src_width, src_height, window_size, max_log_contrast, high_res_speedup;
    bool full_ref;
    char heatmaps_path[VP_STRING_SIZE], eotf[VP_STRING_SIZE], cambi_eotf[VP_STRING_SIZE];
} Options;

static const char *const eotfs[] = {"bt1886", "pq", NULL};

#define INT_OPTION(NAME, FIELD, TAG, DEF, MIN, MAX)                                                                  \
    {                                                                                                                \
        .name = NAME, .tag = TAG, .type = VP_INT, .offset = offsetof(Options, FIELD), .def = DEF, .min = MIN,        \
        .max = MAX                                                                                                   \
    }
#define DOUBLE_OPTION(NAME, FIELD, TAG, DEF, MIN, MAX)                                                               \
    {                                                                                                                \
        .name = NAME, .tag = TAG, .type = VP_DOUBLE, .offset = offsetof(Options, FIELD), .def = DEF, .min = MIN,     \
        .max = MAX                                                                                                   \
    }
#define EOTF_OPTION(NAME, FIELD, TAG)                                                                                \
    {                                                                                                                \
        .name = NAME, .tag = TAG, .type = VP_STRING, .offset = offsetof(Options, FIELD), .def_string = "bt1886",     \
        .allowed = eotfs                                                                                             \
    }

/* 0, the default of sizes and depth, stands for that of the input; given explicitly it is refused, as in libvmaf. */
static const VpOption options[] = {
    DOUBLE_OPTION("cambi_max_val", max_val, "cmxv", 1000, 0, 1000),
    INT_OPTION("enc_width", enc_width, "encw", 0, 180, 7680),
    INT_OPTION("enc_height", enc_height, "ench", 0, 150, 7680),
    INT_OPTION("enc_bitdepth", enc_bitdepth, "encbd", 0, 6, 16),
    INT_OPTION("src_width", src_width, "srcw", 0, 320, 7680),
    INT_OPTION("src_height", src_height, "srch", 0, 200, 4320),
    INT_OPTION("window_size", window_size, "ws", 65, 15, 127),
    DOUBLE_OPTION("topk", topk, "topk", 0.6, 0.0001, 1),
    DOUBLE_OPTION("cambi_topk", cambi_topk, "ctpk", 0.6, 0.0001, 1),
    DOUBLE_OPTION("tvi_threshold", tvi_threshold, "tvit", 0.019, 0.0001, 1),
    DOUBLE_OPTION("cambi_vis_lum_threshold", vis_lum_threshold, "vlt", 0, 0, 300),
    INT_OPTION("max_log_contrast", max_log_contrast, "mlc", 2, 0, 5),
    {.name = "heatmaps_path", .type = VP_STRING, .offset = offsetof(Options, heatmaps_path)},
    {.name = "full_ref", .type = VP_BOOL, .offset = offsetof(Options, full_ref)},
    EOTF_OPTION("eotf", eotf, "eotf"),
    EOTF_OPTION("cambi_eotf", cambi_eotf, "ceot"),
    INT_OPTION("cambi_high_res_speedup", high_res_speedup, "hrs", 0, 0, 2160),
    {0},
};

enum { CAMBI, SOURCE, FULL_REFERENCE };
static const VpOutput outputs[] = {
    {.name = "Cambi_feature_cambi_score", .alias = "cambi"},
    {.name = "cambi_source", .flags = VP_OUT_BARE}, /* with full_ref, as the next */
    {.name = "cambi_full_reference", .flags = VP_OUT_BARE},
    {0},
};

/* What a score without its upper limit depends on, beside the stream. Two of them can be compared byte by byte. */
typedef struct Key {
    double topk, tvi_threshold, vis_lum_threshold;
    int w, h, window, n_diffs;
    int eotf, smooth, half;
} Key;

static bool speeds_up(int option, int w, int h)
{
    const int size = w * h;
    return (option == 1080 && size >= 1920 * 1080) || (option == 1440 && size >= 2560 * 1440) ||
           (option == 2160 && size >= 3840 * 2160);
}

/* The window option is meant for 2160p and shrinks with the picture. */
static int window(int option, int w, int h, bool half)
{
    int size = ((option * (w + h)) / 375) >> 4;
    if (half) size = (size + 1) >> 1;
    return size | 1;
}

/* One size given alone has no effect. */
static void set_size(int w, int h, const VpStream *stream, Key *key)
{
    key->w = w && h ? w : stream->w;
    key->h = w && h ? h : stream->h;
}

/* The keys of the distorted picture and of the reference. 0, or -EINVAL where the index is not defined: both sides
 * below 216 samples, shapes that contradict one another, a window that is too wide (8K without the speed-up). */
static int derive(const VpStream *stream, const Options *o, Key *dis, Key *ref)
{
    enum { LEAST = 216 };
    memset(dis, 0, sizeof *dis);
    set_size(o->enc_width, o->enc_height, stream, dis);
    if (dis->w > stream->w || dis->h > stream->h) set_size(0, 0, stream, dis);
    const int depth = o->enc_bitdepth ? o->enc_bitdepth : stream->bpc;
    dis->smooth = depth < 10;
    dis->half = speeds_up(o->high_res_speedup, dis->w, dis->h);
    dis->n_diffs = 1 << o->max_log_contrast;
    dis->topk = o->topk != 0.6 ? o->topk : o->cambi_topk;
    dis->tvi_threshold = o->tvi_threshold;
    dis->vis_lum_threshold = o->vis_lum_threshold;
    dis->eotf = strcmp(o->cambi_eotf, "pq") && strcmp(o->eotf, "pq") ? VP_EOTF_BT1886 : VP_EOTF_PQ;
    memcpy(ref, dis, sizeof *ref); /* padding, too */
    set_size(o->src_width, o->src_height, stream, ref);
    dis->window = window(o->window_size, dis->w, dis->h, dis->half);
    ref->window = window(o->window_size, ref->w, ref->h, dis->half);

    if ((dis->w < LEAST && dis->h < LEAST) || (ref->w < LEAST && ref->h < LEAST)) return -EINVAL;
    if (ref->w > dis->w && ref->h < dis->h) return -EINVAL;
    if (ref->w < dis->w && ref->h > dis->h) return -EINVAL;
    return dis->window > VP_CAMBI_WINDOW || ref->window > VP_CAMBI_WINDOW ? -EINVAL : 0;
}

/* Several distorted pictures cannot share a folder of heatmaps. */
static int check(const VpStream *stream, const void *opt)
{
    Key dis, ref;
    if (stream->n_distorted > 1 && ((const Options *)opt)->heatmaps_path[0]) return -EINVAL;
    return derive(stream, opt, &dis, &ref);
}

/* One way of judging one of the two pictures, for all variants that want it. */
typedef struct Judge {
    Key key;
    bool reference;
    VpCambiRule rule;
    VpCambiPrepare *prepare;
    bool mapped;
    VpCambiHeatmap map;
    double score;
} Judge;

typedef struct Variant {
    Options options;
    int dis, ref; /* judges; ref: -1 without full_ref */
} Variant;

typedef struct Worker {
    VpCambiKernels kernels;
    VpCambiWork *work;
    Variant *variant;
    Judge *judge;
    int n, n_judges;
} Worker;

static void close_worker(void *worker)
{
    Worker *const s = worker;
    if (!s) return;
    for (int i = 0; s->judge && i < s->n_judges; i++) {
        vp_cambi_prepare_close(s->judge[i].prepare);
        if (s->judge[i].mapped) vp_cambi_heatmap_close(&s->judge[i].map);
    }
    vp_cambi_work_close(s->work);
    vp_free(s->judge);
    vp_free(s->variant);
    vp_free(s);
}

static void set_rule(VpCambiRule *rule, const Key *key, const VpStream *stream)
{
    rule->form = (VpCambiForm){
        .in_w = stream->w,
        .in_h = stream->h,
        .bpc = stream->bpc,
        .w = key->w,
        .h = key->h,
        .smooth = key->smooth,
        .half = key->half,
    };
    vp_cambi_band_init(&rule->band, (VpEotf)key->eotf, key->tvi_threshold, key->vis_lum_threshold, key->n_diffs,
                       key->window);
    rule->topk = key->topk;
}

/* The judge of a key, new or known; -1: no memory. One with a heatmap serves the variant that wants it. */
static int find_judge(Worker *s, const Key *key, bool reference, bool mapped, const VpStream *stream)
{
    for (int i = 0; i < s->n_judges && !mapped; i++) {
        const Judge *const j = &s->judge[i];
        if (!memcmp(&j->key, key, sizeof *key) && j->reference == reference) return i;
    }
    Judge *const j = &s->judge[s->n_judges++];
    j->key = *key;
    j->reference = reference;
    set_rule(&j->rule, key, stream);
    j->prepare = vp_cambi_prepare_open(&j->rule.form);
    return j->prepare ? s->n_judges - 1 : -1;
}

static int open_work(Worker *s)
{
    const VpCambiRule **const rules = vp_calloc((size_t)s->n_judges, sizeof *rules);
    if (!rules) return -ENOMEM;
    for (int i = 0; i < s->n_judges; i++) rules[i] = &s->judge[i].rule;
    s->work = vp_cambi_work_open(rules, s->n_judges);
    vp_free(rules);
    return s->work ? 0 : -ENOMEM;
}

static int open_variant(Worker *s, Variant *v, const Options *o, const VpStream *stream)
{
    Key dis, ref;
    int rc = derive(stream, o, &dis, &ref);
    if (rc) return rc;
    const bool mapped = o->heatmaps_path[0] != '\0';
    v->options = *o;
    v->dis = find_judge(s, &dis, false, mapped, stream);
    v->ref = o->full_ref ? find_judge(s, &ref, true, false, stream) : -1;
    if (v->dis < 0 || (o->full_ref && v->ref < 0)) return -ENOMEM;
    if (!mapped) return 0;
    Judge *const j = &s->judge[v->dis];
    rc = vp_cambi_heatmap_open(&j->map, o->heatmaps_path, dis.w, dis.h, &j->rule.band);
    j->mapped = !rc;
    return rc;
}

static int open_worker(const VpStream *stream, const void *const *opt, int n, void **worker)
{
    int rc = -ENOMEM;
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    s->n = n;
    s->variant = vp_calloc((size_t)n, sizeof *s->variant);
    s->judge = vp_calloc((size_t)n * 2, sizeof *s->judge);
    if (!s->variant || !s->judge) goto fail;
    vp_cambi_kernels_init(&s->kernels, stream->cpu);
    for (int i = 0; i < n; i++) {
        rc = open_variant(s, &s->variant[i], opt[i], stream);
        if (rc) goto fail;
    }
    rc = open_work(s);
    if (rc) goto fail;
    *worker = s;
    return 0;

fail:
    close_worker(s);
    return rc;
}

static double min(double a, double b)
{
    return a < b ? a : b;
}

/* judged: the reference has been. */
static int measure(Worker *s, const VpFrames *frames, bool judged, VpRow *row)
{
    for (int i = 0; i < s->n_judges; i++) {
        Judge *const j = &s->judge[i];
        if (j->reference && judged) continue;
        const VpPlane *const luma = j->reference ? &frames->ref[0]->plane[0] : &frames->dis[0]->plane[0];
        const VpCambiMap map = {vp_cambi_heatmap_put, &j->map};
        j->map.frame = frames->index;
        const int rc = vp_cambi_score(&j->rule, j->prepare, &s->kernels, luma, s->work, j->mapped ? &map : NULL,
                                      &j->score);
        if (rc) return rc;
    }
    bool named = false;
    for (int i = 0; i < s->n; i++) {
        const Variant *const v = &s->variant[i];
        const double max_val = v->options.max_val, dis = s->judge[v->dis].score;
        vp_row_put(row, i, CAMBI, min(dis, max_val));
        if (v->ref < 0 || named) continue;
        /* these names are the same in every variant: they belong to the first one that asks, and are stored under
         * variant 0, which owns them */
        const double ref = s->judge[v->ref].score;
        vp_row_put(row, 0, SOURCE, min(ref, max_val));
        vp_row_put(row, 0, FULL_REFERENCE, min(dis > ref ? dis - ref : 0, max_val));
        named = true;
    }
    return 0;
}

static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    int rc = 0;
    for (int i = 0; i < n && !rc; i++) rc = measure(worker, frames + i, i > 0, row + i);
    return rc;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    return extract_several(worker, frames, 1, row);
}

/* Heatmap files are made once, before any worker writes into them. Two variants cannot share a folder. */
static int begin(const VpStream *stream, const void *const *opt, int n, void **sequence)
{
    *sequence = NULL;
    for (int i = 0; i < n; i++) {
        const Options *const o = opt[i];
        Key dis, ref;
        int rc = derive(stream, o, &dis, &ref);
        if (rc) return rc;
        if (!o->heatmaps_path[0]) continue;
        for (int k = 0; k < i; k++)
            if (!strcmp(((const Options *)opt[k])->heatmaps_path, o->heatmaps_path)) return -EINVAL;
        rc = vp_cambi_heatmap_create(o->heatmaps_path, dis.w, dis.h);
        if (rc) return rc;
    }
    return 0;
}

const VpExtractor vp_extractor_cambi = {
    .name = "cambi",
    .options = options,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .extract_several = extract_several,
    .close = close_worker,
    .begin = begin,
};
