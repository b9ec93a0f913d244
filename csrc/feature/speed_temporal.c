#include "feature/speed.h"

/* speed_max_val is part of names and limits nothing, as in libvmaf. */
static const VpOption options[] = {
    VP_SPEED_OPTIONS,
    {.name = "speed_use_ref_diff", .tag = "urd", .type = VP_BOOL, .offset = offsetof(VpSpeedOptions, use_ref_diff)},
    {0},
};

static const VpOutput outputs[] = {
    {.name = "Speed_temporal_feature_speed_temporal_score", .alias = "speed_temporal"},
    {0},
};

static void history(const void *opt, int *ref, int *dis)
{
    (void)opt;
    *ref = *dis = 1;
}

static int check(const VpStream *stream, const void *opt)
{
    VpSpeedShape shape;
    return vp_speed_check(stream->w, stream->h, stream->bpc, opt, &shape);
}

/* Differences of the frame before and this one; the last one tells how the distorted frame before has moved away from
 * this frame of the reference. */
enum { REF, DIS, DIS_TO_REF, N_PLANES };

static int open_worker(const VpStream *stream, const void *const *opt, int n, void **worker)
{
    VpSpeedWorker *s;
    const int rc = vp_speed_worker_open(stream, stream->w, stream->h, N_PLANES, opt, n, &s);
    if (!rc) *worker = s;
    return rc;
}

/* analysed: the reference's difference has been. */
static void measure(VpSpeedWorker *s, const VpFrames *frames, bool analysed, VpRow *row)
{
    if (!frames->ref[1]) {
        for (int i = 0; i < s->n; i++) vp_row_put(row, i, 0, 0);
        return;
    }
    bool wanted[N_PLANES] = {!analysed};
    for (int i = 0; i < s->n; i++) wanted[s->options[i].use_ref_diff ? DIS_TO_REF : DIS] = true;
    for (int i = 0; i < N_PLANES; i++) {
        const VpSpeedSource source = {
            .plane = i == REF ? &frames->ref[1]->plane[0] : &frames->dis[1]->plane[0],
            .minus = i == DIS ? &frames->dis[0]->plane[0] : &frames->ref[0]->plane[0],
            .bpc = s->bpc,
        };
        if (wanted[i]) vp_speed_worker_analyse(s, i, &source);
    }
    for (int i = 0; i < s->n; i++) {
        float distance;
        vp_speed_worker_distance(s, i, REF, s->options[i].use_ref_diff ? DIS_TO_REF : DIS, &distance);
        vp_row_put(row, i, 0, (double)distance);
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

const VpExtractor vp_extractor_speed_temporal = {
    .name = "speed_temporal",
    .options = options,
    .options_size = sizeof(VpSpeedOptions),
    .outputs = outputs,
    .every_frame = true,
    .history = history,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .extract_several = extract_several,
    .close = vp_speed_worker_close,
};
