#include <errno.h>

#include "feature/speed.h"

static const VpOption options[] = {
    VP_SPEED_OPTIONS,
    {.name = "speed_weight_var_mode",
     .tag = "wvm",
     .type = VP_INT,
     .offset = offsetof(VpSpeedOptions, weight_var_mode),
     .max = 6},
    {0},
};

enum { U, V, UV };
static const VpOutput outputs[] = {
    {.name = "Speed_chroma_feature_speed_chroma_u_score", .alias = "speed_chroma_u"},
    {.name = "Speed_chroma_feature_speed_chroma_v_score", .alias = "speed_chroma_v"},
    {.name = "Speed_chroma_feature_speed_chroma_uv_score", .alias = "speed_chroma_uv"},
    {0},
};

static void chroma_size(const VpStream *stream, int *w, int *h)
{
    *w = stream->pix_fmt == VMAF_PIX_FMT_YUV444P ? stream->w : stream->w / 2;
    *h = stream->pix_fmt == VMAF_PIX_FMT_YUV420P ? stream->h / 2 : stream->h;
}

/* Chroma planes are wanted: without them, or with fewer than 80 samples a side after resizing, there is no score. */
static int check(const VpStream *stream, const void *opt)
{
    VpSpeedShape shape;
    int w, h;
    if (stream->pix_fmt == VMAF_PIX_FMT_YUV400P) return -EINVAL;
    chroma_size(stream, &w, &h);
    return vp_speed_check(w, h, stream->bpc, opt, &shape);
}

enum { REF_U, REF_V, DIS_U, DIS_V, N_PLANES };

static int open_worker(const VpStream *stream, const void *const *opt, int n, void **worker)
{
    int w, h;
    chroma_size(stream, &w, &h);
    VpSpeedWorker *s;
    const int rc = vp_speed_worker_open(stream, w, h, N_PLANES, opt, n, &s);
    if (!rc) *worker = s;
    return rc;
}

static double min(double a, double b)
{
    return a < b ? a : b;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    VpSpeedWorker *const s = worker;
    for (int i = 0; i < N_PLANES; i++) {
        const VpPicture *const picture = i < DIS_U ? frames->ref[0] : frames->dis[0];
        const VpSpeedSource source = {.plane = &picture->plane[1 + i % 2], .bpc = s->bpc};
        vp_speed_worker_analyse(s, i, &source);
    }
    for (int i = 0; i < s->n; i++) {
        const double max_val = s->options[i].max_val;
        float u, v;
        const bool u_good = vp_speed_worker_distance(s, i, REF_U, DIS_U, &u);
        const bool v_good = vp_speed_worker_distance(s, i, REF_V, DIS_V, &v);
        const float sum = u + v;
        const double uv = u_good == v_good ? (double)(float)((double)sum / 2) : (double)(u_good ? u : v);
        vp_row_put(row, i, U, min((double)u, max_val));
        vp_row_put(row, i, V, min((double)v, max_val));
        vp_row_put(row, i, UV, min(uv, max_val));
    }
    return 0;
}

const VpExtractor vp_extractor_speed_chroma = {
    .name = "speed_chroma",
    .options = options,
    .options_size = sizeof(VpSpeedOptions),
    .outputs = outputs,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .close = vp_speed_worker_close,
};
