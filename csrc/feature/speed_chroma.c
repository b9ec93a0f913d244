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

static void analyse(VpSpeedWorker *s, const VpPicture *picture, int u)
{
    for (int i = 0; i < 2; i++) {
        const VpSpeedSource source = {.plane = &picture->plane[1 + i], .bpc = s->bpc};
        vp_speed_worker_analyse(s, u + i, &source);
    }
}

/* Of the pictures analysed last. */
static void put(const VpSpeedWorker *s, VpRow *row)
{
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
}

static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    analyse(worker, frames->ref[0], REF_U);
    for (int i = 0; i < n; i++) {
        analyse(worker, frames[i].dis[0], DIS_U);
        put(worker, row + i);
    }
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    return extract_several(worker, frames, 1, row);
}

const VpExtractor vp_extractor_speed_chroma = {
    .name = "speed_chroma",
    .options = options,
    .options_size = sizeof(VpSpeedOptions),
    .outputs = outputs,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .extract_several = extract_several,
    .close = vp_speed_worker_close,
};
