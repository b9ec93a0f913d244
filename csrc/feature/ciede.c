/* ciede: mean colour difference CIEDE2000, as 45 dB less its logarithm. */
#include <errno.h>
#include <math.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "kernel/ciede.h"
#include "kernel/float_rows.h"

enum { PLANES = 3 };

static const VpOutput outputs[] = {{.name = "ciede2000"}, {0}};

/* One sample of chroma at least. */
static int check(const VpStream *stream, const void *options)
{
    (void)options;
    const enum VmafPixelFormat f = stream->pix_fmt;
    if (f == VMAF_PIX_FMT_YUV400P || !vp_float_depth_known(stream->bpc)) return -EINVAL;
    if (f != VMAF_PIX_FMT_YUV444P && stream->w < 2) return -EINVAL;
    return f == VMAF_PIX_FMT_YUV420P && stream->h < 2 ? -EINVAL : 0;
}

typedef struct Worker {
    VpCiedeKernels kernels;
    VpStream stream;
    size_t row; /* samples */
    uint16_t samples[]; /* a row of three planes of each picture */
} Worker;

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    (void)options;
    (void)n;
    const size_t row = (size_t)vp_ciede_padded(stream->w);
    Worker *const s = vp_calloc(1, sizeof *s + 2 * PLANES * row * sizeof s->samples[0]);
    if (!s) return -ENOMEM;
    vp_ciede_kernels_init(&s->kernels, stream->cpu);
    s->stream = *stream;
    s->row = row;
    *worker = s;
    return 0;
}

static void load_luma(const VpPlane *luma, int bpc, int y, uint16_t *dst)
{
    const void *const row = vp_row(luma, y);
    for (int x = 0; x < luma->w; x++)
        dst[x] = bpc == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    Worker *const s = worker;
    const int w = s->stream.w, h = s->stream.h, bpc = s->stream.bpc;
    const enum VmafPixelFormat format = s->stream.pix_fmt;
    const VpPicture *const picture[2] = {frames->ref[0], frames->dis[0]};
    uint16_t *dst[2][PLANES];
    const uint16_t *src[2][PLANES];
    for (int i = 0; i < 2; i++)
        for (int p = 0; p < PLANES; p++) src[i][p] = dst[i][p] = s->samples + (size_t)(i * PLANES + p) * s->row;
    double sum = 0;
    for (int y = 0; y < h; y++) {
        for (int i = 0; i < 2; i++) {
            load_luma(&picture[i]->plane[0], bpc, y, dst[i][0]);
            if (y % 2 && format != VMAF_PIX_FMT_YUV444P) continue; /* chroma of the row before */
            for (int p = 1; p < PLANES; p++) vp_ciede_chroma_row(&picture[i]->plane[p], format, bpc, y, w, dst[i][p]);
        }
        s->kernels.row(src[0], src[1], bpc, w, &sum);
    }
    vp_row_put(row, 0, 0, 45 - 20 * log10(sum / ((double)w * h)));
    return 0;
}

const VpExtractor vp_extractor_ciede = {
    .name = "ciede",
    .outputs = outputs,
    .check = check,
    .open = open,
    .extract = extract,
    .close = vp_free,
};
