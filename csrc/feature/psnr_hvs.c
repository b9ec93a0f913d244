/* psnr_hvs: PSNR of what the eye sees in each plane, and their weighted sum. */
#include <errno.h>
#include <math.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "kernel/psnr_hvs.h"

enum { PLANES = 3 };

static const VpOutput outputs[] = {
    {.name = "psnr_hvs_y"},
    {.name = "psnr_hvs_cb"},
    {.name = "psnr_hvs_cr"},
    {.name = "psnr_hvs"},
    {0},
};

/* One block of chroma at least, and a transform of 32 bits. */
static int check(const VpStream *stream, const void *options)
{
    (void)options;
    if (stream->pix_fmt == VMAF_PIX_FMT_YUV400P || stream->bpc > 12) return -EINVAL;
    const int w = stream->pix_fmt == VMAF_PIX_FMT_YUV444P ? stream->w : stream->w / 2;
    const int h = stream->pix_fmt == VMAF_PIX_FMT_YUV420P ? stream->h / 2 : stream->h;
    return w < VP_HVS_SIZE || h < VP_HVS_SIZE ? -EINVAL : 0;
}

typedef struct Worker {
    VpHvsKernels kernels;
    VpHvsTable table[PLANES];
    int bpc;
} Worker;

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    (void)options;
    (void)n;
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    vp_hvs_kernels_init(&s->kernels, stream->cpu);
    for (int p = 0; p < PLANES; p++) vp_hvs_table(p, &s->table[p]);
    s->bpc = stream->bpc;
    *worker = s;
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    const Worker *const s = worker;
    double error[PLANES];
    for (int p = 0; p < PLANES; p++) {
        error[p] = vp_hvs_plane(&s->kernels, &s->table[p], &frames->ref[0]->plane[p], &frames->dis[0]->plane[p],
                                s->bpc);
        vp_row_put(row, 0, p, 10 * -log10(error[p]));
    }
    vp_row_put(row, 0, PLANES, 10 * -log10(0.8 * error[0] + 0.1 * (error[1] + error[2])));
    return 0;
}

const VpExtractor vp_extractor_psnr_hvs = {
    .name = "psnr_hvs",
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .close = vp_free,
};
