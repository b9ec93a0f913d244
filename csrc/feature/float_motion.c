/* float_motion: mean absolute difference of blurred consecutive reference frames, in single precision.
 *
 * A worker keeps nothing from frame to frame: blurring the earlier picture again costs no more than writing the blurred
 * plane to memory and reading it back, and works in any order of frames. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "feature/extractor.h"
#include "kernel/float_rows.h"
#include "kernel/resample.h"

enum { ROWS = VP_FLOAT_MAX_SUMS, MAX_TAPS = 5, MAX_HALF = MAX_TAPS / 2, PLANES = 3 };
enum { BEFORE, NOW, FRAMES };

typedef struct Options {
    bool debug, force_zero;
    double fps_weight, blend_factor, blend_offset;
    bool add_scale1;
    int filter_size;
    bool add_uv;
    double max_val;
} Options;

static const VpOption options_table[] = {
    {.name = "debug", .type = VP_BOOL, .offset = offsetof(Options, debug), .def = 1},
    {.name = "motion_force_zero", .tag = "force_0", .type = VP_BOOL, .offset = offsetof(Options, force_zero)},
    {.name = "motion_fps_weight", .tag = "mfw", .type = VP_DOUBLE, .offset = offsetof(Options, fps_weight),
     .def = 1, .min = 0, .max = 5},
    {.name = "motion_blend_factor", .tag = "mbf", .type = VP_DOUBLE, .offset = offsetof(Options, blend_factor),
     .def = 1, .min = 0, .max = 1},
    {.name = "motion_blend_offset", .tag = "mbo", .type = VP_DOUBLE, .offset = offsetof(Options, blend_offset),
     .def = 40, .min = 0, .max = 1000},
    {.name = "motion_add_scale1", .tag = "mdc", .type = VP_BOOL, .offset = offsetof(Options, add_scale1)},
    {.name = "motion_filter_size", .tag = "mfs", .type = VP_INT, .offset = offsetof(Options, filter_size),
     .def = 5, .min = 0, .max = 9},
    {.name = "motion_add_uv", .tag = "mau", .type = VP_BOOL, .offset = offsetof(Options, add_uv)},
    {.name = "motion_max_val", .tag = "mmxv", .type = VP_DOUBLE, .offset = offsetof(Options, max_val),
     .def = 10000, .min = 0, .max = 10000},
    {0},
};

enum { OUT_MOTION, OUT_MOTION2, OUT_MOTION3, OUT_DISTANCE };

static const VpOutput outputs[] = {
    {"VMAF_feature_motion_score", "motion", 0},
    {"VMAF_feature_motion2_score", "motion2", 0},
    {"VMAF_feature_motion3_score", "motion3", 0},
    {"distance", NULL, VP_OUT_HIDDEN}, /* to the frame before, neither weighted nor limited */
    {0},
};

/* Taps of the blur; size 1 is none at all. */
static int blur_taps(const Options *o, const float **tap)
{
    static const float three[] = {0.166378498f, 0.667243004f, 0.166378498f};
    static const float five[] = {0.054488685f, 0.244201342f, 0.402619947f, 0.244201342f, 0.054488685f};
    *tap = o->filter_size == 3 ? three : five;
    return o->filter_size == 1 ? 1 : o->filter_size == 3 ? 3 : 5;
}

static void history(const void *options, int *ref, int *dis)
{
    const Options *o = options;
    *ref = !o->force_zero;
    *dis = 0;
}

static int planes_used(const Options *o)
{
    return o->add_uv ? PLANES : 1;
}

static void plane_size(const VpStream *stream, int plane, int *w, int *h)
{
    *w = plane && stream->pix_fmt != VMAF_PIX_FMT_YUV444P ? stream->w / 2 : stream->w;
    *h = plane && stream->pix_fmt == VMAF_PIX_FMT_YUV420P ? stream->h / 2 : stream->h;
}

/* Every plane must be larger than half the blur, or its mirror image runs out. */
static int check(const VpStream *stream, const void *options)
{
    const Options *o = options;
    const float *tap;
    int w, h;
    if (!vp_float_depth_known(stream->bpc)) return -EINVAL;
    if (o->add_uv && stream->pix_fmt == VMAF_PIX_FMT_YUV400P) return -EINVAL;
    plane_size(stream, planes_used(o) - 1, &w, &h);
    const int half = blur_taps(o, &tap) / 2;
    return w <= half || h <= half ? -EINVAL : 0;
}

typedef struct Worker {
    VpStream stream;
    VpFloatRows rows;
    int n;
    const Options **options;
    double *distance; /* of each variant */
    ptrdiff_t stride;       /* of all rows below */
    float *loaded;          /* the rows under a block of blurred ones */
    float *vertical;        /* VP_FLOAT_BLOCK rows */
    float *blurred[FRAMES]; /* a block; with add_scale1 a whole plane */
    float *halved[FRAMES];  /* a block, only with add_scale1 */
    float *difference;      /* a block */
    VpResample half[PLANES];
} Worker;

static void close(void *worker)
{
    Worker *w = worker;
    if (!w) return;
    vp_free(w->options);
    vp_free(w->distance);
    vp_free(w->loaded);
    vp_free(w->vertical);
    for (int f = 0; f < FRAMES; f++) {
        vp_free(w->blurred[f]);
        vp_free(w->halved[f]);
    }
    vp_free(w->difference);
    for (int p = 0; p < PLANES; p++) vp_resample_close(&w->half[p]);
    vp_free(w);
}

static int open_halves(Worker *w, int planes)
{
    for (int p = 0; p < planes; p++) {
        int width, height;
        plane_size(&w->stream, p, &width, &height);
        const int err = vp_resample_open(&w->half[p], VP_RESAMPLE_BILINEAR, width, height, vp_resample_size(width, 0.5),
                                         vp_resample_size(height, 0.5));
        if (err) return err;
    }
    return 0;
}

static int open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    Worker *w = vp_calloc(1, sizeof *w);
    if (!w) return -ENOMEM;
    int err = -ENOMEM, halved_planes = 0;
    w->stream = *stream;
    w->n = n;
    vp_float_rows_init(&w->rows, stream->cpu);
    w->options = vp_alloc((size_t)n, sizeof *w->options);
    w->distance = vp_alloc((size_t)n, sizeof *w->distance);
    if (!w->options || !w->distance) goto fail;
    for (int i = 0; i < n; i++) {
        const Options *o = w->options[i] = options[i];
        if (o->add_scale1 && planes_used(o) > halved_planes) halved_planes = planes_used(o);
    }
    w->stride = vp_float_stride(stream->w);
    const size_t stride = (size_t)w->stride;
    w->loaded = vp_calloc((ROWS + 2 * MAX_HALF) * stride, sizeof(float));
    w->vertical = vp_calloc(VP_FLOAT_BLOCK * stride, sizeof(float));
    w->difference = vp_calloc(ROWS * stride, sizeof(float));
    if (!w->loaded || !w->vertical || !w->difference) goto fail;
    for (int f = 0; f < FRAMES; f++) {
        const int height = halved_planes ? stream->h : ROWS;
        if (!(w->blurred[f] = vp_calloc(height * stride, sizeof(float)))) goto fail;
        if (halved_planes && !(w->halved[f] = vp_calloc(ROWS * stride, sizeof(float)))) goto fail;
    }
    if ((err = open_halves(w, halved_planes))) goto fail;
    *worker = w;
    return 0;
fail:
    close(w);
    return err;
}

/* Blurred rows y .. y + rows - 1 of a plane. */
static void blur(const Worker *w, const VpPlane *plane, const Options *o, int y, int rows, float *out)
{
    const float *tap;
    const int taps = blur_taps(o, &tap), half = taps / 2;
    for (int i = 0; i < rows + 2 * half; i++) {
        float *dst = taps == 1 ? out : w->loaded;
        const void *src = vp_row(plane, vp_mirror(y - half + i, plane->h));
        w->rows.load(src, w->stream.bpc, plane->w, dst + i * w->stride);
    }
    if (taps == 1) return;
    for (int r = 0; r < rows; r += VP_FLOAT_BLOCK) {
        const float *row[VP_FLOAT_BLOCK + 2 * MAX_HALF];
        float *vertical[VP_FLOAT_BLOCK];
        for (int i = 0; i < VP_FLOAT_BLOCK + 2 * half; i++) row[i] = w->loaded + (r + i) * w->stride;
        for (int i = 0; i < VP_FLOAT_BLOCK; i++) vertical[i] = w->vertical + i * w->stride + VP_FLOAT_MARGIN;
        w->rows.vertical_block(row, tap, taps, 1, plane->w, vertical); /* past the last row: rows loaded before, unused */
        for (int i = 0; i < VP_FLOAT_BLOCK && r + i < rows; i++) {
            vp_float_mirror_left(vertical[i], half);
            vp_float_mirror_right(vertical[i], plane->w, half);
            w->rows.horizontal(vertical[i] - half, tap, taps, plane->w, out + (r + i) * w->stride);
        }
    }
}

/* Adds |a - b| of a block of rows to sum. */
static float add_difference(const Worker *w, const float *a, const float *b, int width, int rows, float sum)
{
    const float *row[ROWS];
    float row_sum[ROWS] = {0};
    for (int r = 0; r < rows; r++) {
        float *d = w->difference + r * w->stride;
        w->rows.distance(a + r * w->stride, b + r * w->stride, width, d);
        row[r] = d;
    }
    w->rows.sums(row, rows, width, row_sum);
    for (int r = 0; r < rows; r++) sum += row_sum[r];
    return sum;
}

/* Mean absolute difference of two blurred planes, and with add_scale1 that of the planes at half size. */
static float plane_distance(const Worker *w, const VpPlane *const plane[FRAMES], int p, const Options *o)
{
    const int width = plane[NOW]->w, height = plane[NOW]->h;
    float sum = 0;
    for (int y = 0; y < height; y += ROWS) {
        const int rows = height - y < ROWS ? height - y : ROWS;
        float *out[FRAMES];
        for (int f = 0; f < FRAMES; f++) {
            out[f] = w->blurred[f] + (o->add_scale1 ? y * w->stride : 0);
            blur(w, plane[f], o, y, rows, out[f]);
        }
        sum = add_difference(w, out[BEFORE], out[NOW], width, rows, sum);
    }
    const float mean = sum / ((float)width * height);
    if (!o->add_scale1) return mean;

    const VpResample *half = &w->half[p];
    sum = 0;
    for (int y = 0; y < half->h_out; y += ROWS) {
        const int rows = half->h_out - y < ROWS ? half->h_out - y : ROWS;
        for (int f = 0; f < FRAMES; f++)
            for (int r = 0; r < rows; r++)
                vp_resample_row(half, w->blurred[f], w->stride, y + r, 0, half->w_out, w->halved[f] + r * w->stride);
        sum = add_difference(w, w->halved[BEFORE], w->halved[NOW], half->w_out, rows, sum);
    }
    return mean + sum / ((float)half->w_out * half->h_out);
}

static bool same_distance(const Options *a, const Options *b)
{
    const float *tap;
    return blur_taps(a, &tap) == blur_taps(b, &tap) && a->add_scale1 == b->add_scale1 && a->add_uv == b->add_uv &&
           a->force_zero == b->force_zero;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    Worker *w = worker;
    for (int i = 0; i < w->n; i++) {
        const Options *o = w->options[i];
        int k = 0;
        while (k < i && !same_distance(w->options[k], o)) k++;
        w->distance[i] = k < i ? w->distance[k] : 0;
        if (k == i && !o->force_zero && frames->ref[1])
            for (int p = 0; p < planes_used(o); p++) {
                const VpPlane *const plane[FRAMES] = {&frames->ref[1]->plane[p], &frames->ref[0]->plane[p]};
                w->distance[i] += plane_distance(w, plane, p, o);
            }
        vp_row_put(row, i, OUT_DISTANCE, w->distance[i]);
    }
    return 0;
}

/* The distorted pictures play no part. */
static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    const Worker *w = worker;
    const int rc = extract(worker, frames, row);
    for (int i = 1; i < n && !rc; i++) vp_row_copy(row + i, row, w->n);
    return rc;
}

/* What the ordered step remembers: the distance from the last frame to the one before it. */
typedef struct Sequence {
    int n;
    struct {
        Options options;
        double last;
    } variant[];
} Sequence;

static int begin(const VpStream *stream, const void *const *options, int n, void **sequence)
{
    (void)stream;
    Sequence *s = vp_calloc(1, sizeof *s + (size_t)n * sizeof s->variant[0]);
    if (!s) return -ENOMEM;
    s->n = n;
    for (int i = 0; i < n; i++) s->variant[i].options = *(const Options *)options[i];
    *sequence = s;
    return 0;
}

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

/* motion2 and motion3 of a frame whose smaller distance to a neighbour is e. The first frame has no motion2 and takes
 * the motion3 of its only neighbour. */
static int put_frame(const Options *o, int variant, unsigned index, double e, const VpSink *sink)
{
    const double v = e * o->fps_weight;
    const double blended = v * o->blend_factor + (1 - o->blend_factor) * lesser(o->blend_offset, v);
    const int err = sink->score(sink->self, variant, OUT_MOTION2, index, index ? lesser(v, o->max_val) : 0);
    return err ? err : sink->score(sink->self, variant, OUT_MOTION3, index, lesser(blended, o->max_val));
}

static int next(void *sequence, unsigned index, const VpRow *row, const VpSink *sink)
{
    Sequence *s = sequence;
    for (int i = 0; i < s->n; i++) {
        const Options *o = &s->variant[i].options;
        const double d = vp_row_get(row, i, OUT_DISTANCE).f, last = s->variant[i].last;
        int err = 0;
        if (o->debug) err = sink->score(sink->self, i, OUT_MOTION, index, lesser(d * o->fps_weight, o->max_val));
        if (!err && index) err = put_frame(o, i, index - 1, index == 1 ? d : lesser(last, d), sink);
        if (err) return err;
        s->variant[i].last = d;
    }
    return 0;
}

static int finish(void *sequence, unsigned n_frames, const VpSink *sink)
{
    Sequence *s = sequence;
    for (int i = 0; n_frames && i < s->n; i++) {
        const int err = put_frame(&s->variant[i].options, i, n_frames - 1, s->variant[i].last, sink);
        if (err) return err;
    }
    return 0;
}

const VpExtractor vp_extractor_float_motion = {
    .name = "float_motion",
    .options = options_table,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .every_frame = true,
    .history = history,
    .check = check,
    .open = open,
    .extract = extract,
    .extract_several = extract_several,
    .close = close,
    .begin = begin,
    .next = next,
    .finish = finish,
    .end = vp_free,
};
