/* float_psnr: peak signal-to-noise ratio of luma, in the arithmetic of the float features. */
#include <errno.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "feature/psnr_common.h"
#include "kernel/float_rows.h"
#include "kernel/squares.h"

static const VpOutput outputs[] = {{.name = "float_psnr"}, {0}};

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
    (void)n; /* without options there is one variant */
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
    const VpPlane *const ref = &frames->ref[0]->plane[0], *const dis = &frames->dis[0]->plane[0];
    /* up to 12 bits a square fits single precision, and the sum is exact */
    const double scale = 1 << (s->bpc - 8);
    const double sum = s->bpc <= 12 ? (double)vp_squares_distance(&s->squares, ref, dis, s->bpc) / (scale * scale)
                                    : vp_squares_float(ref, dis, s->bpc);
    const double peak = vp_psnr_float_peak(s->bpc), mse = sum / ((double)ref->w * ref->h);
    vp_row_put(row, 0, 0, vp_psnr_db(peak * peak, mse, 1e-10, vp_psnr_cap(s->bpc)));
    return 0;
}

const VpExtractor vp_extractor_float_psnr = {
    .name = "float_psnr",
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .close = vp_free,
};
