/* float_ansnr: signal-to-noise ratio of luma after anti-noise filters, and its PSNR. */
#include <errno.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "feature/psnr_common.h"
#include "kernel/ansnr.h"

static const VpOutput outputs[] = {{.name = "float_ansnr"}, {.name = "float_anpsnr"}, {0}};

/* Below 3 samples a side a mirrored neighbour lies outside the picture. */
static int check(const VpStream *stream, const void *options)
{
    (void)options;
    return !vp_float_depth_known(stream->bpc) || stream->w < 3 || stream->h < 3 ? -EINVAL : 0;
}

typedef struct Worker {
    VpFloatRows rows;
    int bpc;
    void *memory;
} Worker;

static void close(void *worker)
{
    Worker *const s = worker;
    if (!s) return;
    vp_free(s->memory);
    vp_free(s);
}

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    (void)options;
    (void)n;
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    s->memory = vp_calloc(vp_ansnr_memory(stream->w), 1);
    if (!s->memory) {
        close(s);
        return -ENOMEM;
    }
    vp_float_rows_init(&s->rows, stream->cpu);
    s->bpc = stream->bpc;
    *worker = s;
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    const Worker *const s = worker;
    const VpPlane *const ref = &frames->ref[0]->plane[0], *const dis = &frames->dis[0]->plane[0];
    float signal, noise;
    vp_ansnr(&s->rows, ref, dis, s->bpc, s->memory, &signal, &noise);
    const double cap = vp_psnr_cap(s->bpc), peak = vp_psnr_float_peak(s->bpc);
    vp_row_put(row, 0, 0, noise == 0 ? cap : 10 * log10((double)(signal / noise)));
    vp_row_put(row, 0, 1, vp_psnr_db(peak * peak * ref->w * ref->h, (double)noise, 1e-10, cap));
    return 0;
}

const VpExtractor vp_extractor_float_ansnr = {
    .name = "float_ansnr",
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .close = close,
};
