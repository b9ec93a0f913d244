/* psnr: peak signal-to-noise ratio of each plane, per frame and over the sequence. */
#include <errno.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "feature/psnr_common.h"
#include "kernel/squares.h"

enum { PLANES = 3 };

typedef struct Options {
    bool chroma, mse, apsnr, reduced_peak;
    double min_sse;
} Options;

static const VpOption options_table[] = {
    {.name = "enable_chroma", .type = VP_BOOL, .offset = offsetof(Options, chroma), .def = 1},
    {.name = "enable_mse", .type = VP_BOOL, .offset = offsetof(Options, mse)},
    {.name = "enable_apsnr", .type = VP_BOOL, .offset = offsetof(Options, apsnr)},
    {.name = "reduced_hbd_peak", .type = VP_BOOL, .offset = offsetof(Options, reduced_peak)},
    {.name = "min_sse", .type = VP_DOUBLE, .offset = offsetof(Options, min_sse), .min = 0, .max = HUGE_VAL},
    {0},
};

enum { PSNR, MSE = PSNR + PLANES, SSE = MSE + PLANES };
static const VpOutput outputs[] = {
    {.name = "psnr_y"},
    {.name = "psnr_cb"},
    {.name = "psnr_cr"},
    {.name = "mse_y"},
    {.name = "mse_cb"},
    {.name = "mse_cr"},
    {.name = "sse_y", .flags = VP_OUT_HIDDEN}, /* integers: totals over the sequence stay exact */
    {.name = "sse_cb", .flags = VP_OUT_HIDDEN},
    {.name = "sse_cr", .flags = VP_OUT_HIDDEN},
    {0},
};

static int plane_w(const VpStream *stream, int plane)
{
    return plane && stream->pix_fmt != VMAF_PIX_FMT_YUV444P ? stream->w / 2 : stream->w;
}

static int plane_h(const VpStream *stream, int plane)
{
    return plane && stream->pix_fmt == VMAF_PIX_FMT_YUV420P ? stream->h / 2 : stream->h;
}

static int planes_of(const VpStream *stream, const Options *o)
{
    return o->chroma && stream->pix_fmt != VMAF_PIX_FMT_YUV400P ? PLANES : 1;
}

/* A plane without a sample has no error. */
static int check(const VpStream *stream, const void *options)
{
    const int bpc = stream->bpc, last = planes_of(stream, options) - 1;
    if (bpc != 8 && bpc != 10 && bpc != 12 && bpc != 16) return -EINVAL;
    return plane_w(stream, last) < 1 || plane_h(stream, last) < 1 ? -EINVAL : 0;
}

typedef struct Worker {
    VpSquares squares;
    int bpc, planes, n;
    int planes_of[]; /* each variant */
} Worker;

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    Worker *const s = vp_calloc(1, sizeof *s + (size_t)n * sizeof s->planes_of[0]);
    if (!s) return -ENOMEM;
    vp_squares_init(&s->squares, stream->cpu);
    s->bpc = stream->bpc;
    s->n = n;
    for (int i = 0; i < n; i++) {
        s->planes_of[i] = planes_of(stream, options[i]);
        if (s->planes_of[i] > s->planes) s->planes = s->planes_of[i];
    }
    *worker = s;
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    const Worker *const s = worker;
    for (int p = 0; p < s->planes; p++) {
        const uint64_t sse =
            vp_squares_distance(&s->squares, &frames->ref[0]->plane[p], &frames->dis[0]->plane[p], s->bpc);
        for (int i = 0; i < s->n; i++)
            if (p < s->planes_of[i]) vp_row_carry(row, i, SSE + p, sse);
    }
    return 0;
}

typedef struct Variant {
    Options options;
    int planes;
    double peak2;        /* square of the largest sample */
    double cap[PLANES];  /* dB */
    uint64_t sse[PLANES], samples[PLANES]; /* so far */
} Variant;

typedef struct Sequence {
    double size[PLANES]; /* samples */
    int n;
    Variant variant[];
} Sequence;

static int begin(const VpStream *stream, const void *const *options, int n, void **sequence)
{
    Sequence *const s = vp_calloc(1, sizeof *s + (size_t)n * sizeof s->variant[0]);
    if (!s) return -ENOMEM;
    s->n = n;
    for (int p = 0; p < PLANES; p++) s->size[p] = (double)plane_w(stream, p) * plane_h(stream, p);
    for (int i = 0; i < n; i++) {
        Variant *const v = &s->variant[i];
        v->options = *(const Options *)options[i];
        v->planes = planes_of(stream, &v->options);
        const double peak =
            v->options.reduced_peak ? (double)(255 << (stream->bpc - 8)) : (double)((1 << stream->bpc) - 1);
        v->peak2 = peak * peak;
        for (int p = 0; p < PLANES; p++) {
            const double least = v->options.min_sse / s->size[p];
            v->cap[p] = v->options.min_sse > 0 ? ceil(10 * log10(v->peak2 / least)) : vp_psnr_cap(stream->bpc);
        }
    }
    *sequence = s;
    return 0;
}

static int next(void *sequence, unsigned index, const VpRow *row, const VpSink *sink)
{
    Sequence *const s = sequence;
    for (int i = 0; i < s->n; i++) {
        Variant *const v = &s->variant[i];
        for (int p = 0; p < v->planes; p++) {
            const uint64_t sse = vp_row_get(row, i, SSE + p).u;
            const double mse = (double)sse / s->size[p];
            int rc = sink->score(sink->self, i, PSNR + p, index, vp_psnr_db(v->peak2, mse, 1e-16, v->cap[p]));
            if (!rc && v->options.mse) rc = sink->score(sink->self, i, MSE + p, index, mse);
            if (rc) return rc;
            v->sse[p] += sse;
            v->samples[p] += (uint64_t)s->size[p];
        }
    }
    return 0;
}

static int finish(void *sequence, unsigned n_frames, const VpSink *sink)
{
    static const char *const names[PLANES] = {"apsnr_y", "apsnr_cb", "apsnr_cr"};
    Sequence *const s = sequence;
    (void)n_frames;
    for (int i = 0; i < s->n; i++) {
        const Variant *const v = &s->variant[i];
        for (int p = 0; v->options.apsnr && p < PLANES; p++) {
            const double samples = (double)v->samples[p];
            const double db = 10 * (log10(v->peak2) + log10(samples) - log10((double)v->sse[p]));
            const double cap = ceil(10 * log10(v->peak2 * samples * 2));
            /* not a number, for want of samples, gives the cap: minus infinity */
            const int rc = sink->aggregate(sink->self, names[p], db < cap ? db : cap);
            if (rc) return rc;
        }
    }
    return 0;
}

const VpExtractor vp_extractor_psnr = {
    .name = "psnr",
    .options = options_table,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .every_frame = true,
    .check = check,
    .open = open,
    .extract = extract,
    .close = vp_free,
    .begin = begin,
    .next = next,
    .finish = finish,
    .end = vp_free,
};
