/* float_moment: mean and mean square of luma, in the arithmetic of the float features. */
#include <errno.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "kernel/float_rows.h"
#include "kernel/squares.h"

static const VpOutput outputs[] = {
    {.name = "float_moment_ref1st"},
    {.name = "float_moment_dis1st"},
    {.name = "float_moment_ref2nd"},
    {.name = "float_moment_dis2nd"},
    {0},
};

static int check(const VpStream *stream, const void *options)
{
    (void)options;
    return vp_float_depth_known(stream->bpc) ? 0 : -EINVAL;
}

typedef struct Worker {
    VpSquares squares;
    int bpc;
} Worker;

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    (void)options;
    (void)n;
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    vp_squares_init(&s->squares, stream->cpu);
    s->bpc = stream->bpc;
    *worker = s;
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    const Worker *const s = worker;
    const VpPlane *const plane[2] = {&frames->ref[0]->plane[0], &frames->dis[0]->plane[0]};
    const double scale = 1 << (s->bpc - 8);
    for (int i = 0; i < 2; i++) {
        uint64_t sum[2];
        vp_squares_moments(&s->squares, plane[i], s->bpc, sum);
        const double second =
            s->bpc <= 12 ? (double)sum[1] / (scale * scale) : vp_squares_float(plane[i], NULL, s->bpc);
        const double samples = (double)plane[i]->w * plane[i]->h;
        vp_row_put(row, 0, i, (double)sum[0] / scale / samples);
        vp_row_put(row, 0, 2 + i, second / samples);
    }
    return 0;
}

const VpExtractor vp_extractor_float_moment = {
    .name = "float_moment",
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .close = vp_free,
};
