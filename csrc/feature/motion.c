#include "feature/extractor.h"

#include <errno.h>

#include "base/mem.h"
#include "kernel/motion.h"

typedef struct Options {
    double blend_factor, blend_offset, fps_weight, max_val;
    bool five_frame_window, force_zero, moving_average, debug;
} Options;

static const VpOption options[] = {
    {.name = "debug", .type = VP_BOOL, .offset = offsetof(Options, debug)},
    {.name = "motion_blend_factor",
     .tag = "mbf",
     .type = VP_DOUBLE,
     .offset = offsetof(Options, blend_factor),
     .def = 1,
     .max = 1},
    {.name = "motion_blend_offset",
     .tag = "mbo",
     .type = VP_DOUBLE,
     .offset = offsetof(Options, blend_offset),
     .def = 40,
     .max = 1000},
    {.name = "motion_five_frame_window",
     .tag = "mffw",
     .type = VP_BOOL,
     .offset = offsetof(Options, five_frame_window)},
    {.name = "motion_force_zero", .tag = "force_0", .type = VP_BOOL, .offset = offsetof(Options, force_zero)},
    {.name = "motion_fps_weight",
     .tag = "mfw",
     .type = VP_DOUBLE,
     .offset = offsetof(Options, fps_weight),
     .def = 1,
     .max = 5},
    {.name = "motion_max_val",
     .tag = "mmxv",
     .type = VP_DOUBLE,
     .offset = offsetof(Options, max_val),
     .def = 10000,
     .max = 10000},
    {.name = "motion_moving_average", .tag = "mma", .type = VP_BOOL, .offset = offsetof(Options, moving_average)},
    {0},
};

enum { SAD, MOTION, MOTION2, MOTION3, FRAME };
static const VpOutput outputs[] = {
    {.name = "VMAF_integer_feature_motion_sad_score"},
    {.name = "VMAF_integer_feature_motion_score", .alias = "integer_motion"}, /* with debug */
    {.name = "VMAF_integer_feature_motion2_score", .alias = "integer_motion2"},
    {.name = "VMAF_integer_feature_motion3_score", .alias = "integer_motion3"},
    {.name = "sad", .flags = VP_OUT_HIDDEN}, /* of the frame, weighted and limited */
    {0},
};

/* Frames from one of a pair to the other. */
static int distance(const Options *o)
{
    return o->five_frame_window ? 2 : 1;
}

static void history(const void *opt, int *ref, int *dis)
{
    const Options *const o = opt;
    *ref = o->force_zero ? 0 : distance(o);
    *dis = 0;
}

/* Below 3 samples a side a reflected neighbour lies outside the picture. */
static int check(const VpStream *stream, const void *opt)
{
    (void)opt;
    return stream->w < 3 || stream->h < 3 ? -EINVAL : 0;
}

static double min(double a, double b)
{
    return a < b ? a : b;
}

typedef struct Worker {
    VpMotionKernels kernels;
    int bpc, n;
    Options *variant;
    void *memory;
} Worker;

static void close_worker(void *worker)
{
    Worker *const s = worker;
    if (!s) return;
    vp_free(s->variant);
    vp_free(s->memory);
    vp_free(s);
}

static int open_worker(const VpStream *stream, const void *const *opt, int n, void **worker)
{
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    s->bpc = stream->bpc;
    s->n = n;
    s->variant = vp_calloc((size_t)n, sizeof *s->variant);
    s->memory = vp_calloc(vp_motion_memory(stream->w), 1);
    if (!s->variant || !s->memory) goto fail;
    for (int i = 0; i < n; i++) s->variant[i] = *(const Options *)opt[i];
    vp_motion_kernels_init(&s->kernels, stream->cpu);
    *worker = s;
    return 0;

fail:
    close_worker(s);
    return -ENOMEM;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    Worker *const s = worker;
    const VpPlane *const cur = &frames->ref[0]->plane[0];
    double score[VP_HISTORY + 1]; /* by distance, before weight and limit */
    bool known[VP_HISTORY + 1] = {false};
    for (int i = 0; i < s->n; i++) {
        const Options *const o = &s->variant[i];
        const int d = distance(o);
        double value = 0;
        if (!o->force_zero && frames->ref[d]) {
            if (!known[d]) {
                const uint64_t sad =
                    vp_motion_sad(&s->kernels, &frames->ref[d]->plane[0], cur, s->bpc, s->memory);
                score[d] = (double)sad / 256.0 / ((double)cur->w * cur->h);
                known[d] = true;
            }
            value = min(score[d] * o->fps_weight, o->max_val);
        }
        vp_row_put(row, i, FRAME, value);
    }
    return 0;
}

/* The distorted pictures play no part. */
static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    const Worker *const s = worker;
    const int rc = extract(worker, frames, row);
    for (int i = 1; i < n && !rc; i++) vp_row_copy(row + i, row, s->n);
    return rc;
}

/* What the ordered step remembers of one variant. */
typedef struct Sequence {
    Options options;
    double sad[VP_HISTORY + 1]; /* of the newest frames, newest first */
    double stamp;               /* motion3 of the frames before the first pair */
    double blended;             /* motion3 of the frame before, before averaging */
} Sequence;

typedef struct Sequences {
    int n;
    Sequence variant[];
} Sequences;

static int begin(const VpStream *stream, const void *const *opt, int n, void **sequence)
{
    (void)stream;
    Sequences *const s = vp_calloc(1, sizeof *s + (size_t)n * sizeof s->variant[0]);
    if (!s) return -ENOMEM;
    s->n = n;
    for (int i = 0; i < n; i++) s->variant[i].options = *(const Options *)opt[i];
    *sequence = s;
    return 0;
}

static double blend(const Options *o, double x)
{
    return min(x * o->blend_factor + (1 - o->blend_factor) * min(o->blend_offset, x), o->max_val);
}

static int put_motion3(Sequence *s, int variant, unsigned index, double motion2, const VpSink *sink)
{
    const double p = blend(&s->options, motion2);
    const double v = s->options.moving_average ? (p + s->blended) / 2.0 : p;
    s->blended = p;
    return sink->score(sink->self, variant, MOTION3, index, v);
}

/* Both scores of frame `index` once the SAD of the one after it, `after`, is known. */
static int put_frame(Sequence *s, int variant, unsigned index, double before, double after, const VpSink *sink)
{
    const unsigned first = (unsigned)distance(&s->options);
    double motion2 = after;
    if (index < first)
        motion2 = 0;
    else if (index + 1 >= 2 * first) /* else the frame `before` has no pair of its own */
        motion2 = min(before, after);
    const int rc = sink->score(sink->self, variant, MOTION2, index, motion2);
    if (rc) return rc;
    if (index < first) return sink->score(sink->self, variant, MOTION3, index, s->stamp);
    return put_motion3(s, variant, index, motion2, sink);
}

static int next_of(Sequence *s, int variant, unsigned index, double sad, const VpSink *sink)
{
    const unsigned first = (unsigned)distance(&s->options);
    int rc = sink->score(sink->self, variant, SAD, index, sad);
    if (!rc && s->options.debug) rc = sink->score(sink->self, variant, MOTION, index, sad);
    for (int k = VP_HISTORY; k > 0; k--) s->sad[k] = s->sad[k - 1];
    s->sad[0] = sad;
    if (index == first) {
        s->stamp = s->blended = blend(&s->options, sad);
        for (unsigned i = 0; !rc && i < first; i++) rc = put_frame(s, variant, i, 0, 0, sink);
    } else if (index > first && !rc) {
        rc = put_frame(s, variant, index - 1, s->sad[first], sad, sink);
    }
    return rc;
}

static int next(void *sequence, unsigned index, const VpRow *row, const VpSink *sink)
{
    Sequences *const s = sequence;
    for (int i = 0; i < s->n; i++) {
        const int rc = next_of(&s->variant[i], i, index, vp_row_get(row, i, FRAME).f, sink);
        if (rc) return rc;
    }
    return 0;
}

/* The last frame has no frame after it. */
static int finish(void *sequence, unsigned n_frames, const VpSink *sink)
{
    Sequences *const s = sequence;
    int rc = 0;
    for (int v = 0; !rc && v < s->n; v++) {
        Sequence *const q = &s->variant[v];
        const unsigned first = (unsigned)distance(&q->options);
        if (n_frames > first) {
            rc = sink->score(sink->self, v, MOTION2, n_frames - 1, q->sad[0]);
            if (!rc) rc = put_motion3(q, v, n_frames - 1, q->sad[0], sink);
        } else {
            for (unsigned i = 0; !rc && i < n_frames; i++) rc = put_frame(q, v, i, 0, 0, sink);
        }
    }
    return rc;
}

const VpExtractor vp_extractor_motion = {
    .name = "motion",
    .options = options,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .every_frame = true,
    .history = history,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .extract_several = extract_several,
    .close = close_worker,
    .begin = begin,
    .next = next,
    .finish = finish,
    .end = vp_free,
};
