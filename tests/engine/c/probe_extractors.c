/* Extractors whose scores a test can predict, in place of the real registry. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feature/extractor.h"

/* probe: looks at every picture it is given and remembers nothing. */
typedef struct {
    double gain;
    int offset, fail_at, slow_us, ref_history, dis_history;
    bool flag;
    char mode[VP_STRING_SIZE], label[VP_STRING_SIZE];
} ProbeOptions;

#define AT(m) offsetof(ProbeOptions, m)
static const char *const probe_modes[] = {"plain", "twice", NULL};
static const VpOption probe_options[] = {
    {.name = "probe_gain", .tag = "g", .type = VP_DOUBLE, .offset = AT(gain), .def = 1, .min = 0, .max = 10},
    {.name = "probe_flag", .tag = "fl", .type = VP_BOOL, .offset = AT(flag)},
    {.name = "probe_offset", .tag = "off", .type = VP_INT, .offset = AT(offset), .min = -5, .max = 5},
    {.name = "mode", .tag = "mode", .type = VP_STRING, .offset = AT(mode), .def_string = "plain",
     .allowed = probe_modes},
    {.name = "label", .type = VP_STRING, .offset = AT(label)},
    {.name = "fail_at", .type = VP_INT, .offset = AT(fail_at), .def = -1, .min = -1, .max = 1e6},
    {.name = "slow_us", .type = VP_INT, .offset = AT(slow_us), .max = 1e6},
    {.name = "ref_history", .type = VP_INT, .offset = AT(ref_history), .max = VP_HISTORY},
    {.name = "dis_history", .type = VP_INT, .offset = AT(dis_history), .max = VP_HISTORY},
    {0},
};

enum { MEAN, DIFF, PAST, BARE, PROBE_OUTPUTS };
static const VpOutput probe_outputs[] = {
    {.name = "Probe_feature_mean_score", .alias = "probe_mean"},
    {.name = "Probe_feature_diff_score", .alias = "probe_diff"},
    {.name = "probe_past"},
    {.name = "probe_bare", .flags = VP_OUT_BARE},
    {0},
};

typedef struct {
    int n;
    int bpc;
    const ProbeOptions *const *options;
} Probe;

static double mean(const VpPicture *pic, int bpc)
{
    double sum = 0;
    const VpPlane *p = pic->plane;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            sum += bpc > 8 ? ((const uint16_t *)vp_row(p, y))[x] : ((const uint8_t *)vp_row(p, y))[x];
    return sum / ((double)p->w * p->h);
}

static void probe_history(const void *options, int *ref, int *dis)
{
    *ref = ((const ProbeOptions *)options)->ref_history;
    *dis = ((const ProbeOptions *)options)->dis_history;
}

static int probe_check(const VpStream *stream, const void *options)
{
    (void)options;
    return stream->w < 16 || stream->h < 16 ? -EINVAL : 0;
}

static int probe_open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    Probe *p = malloc(sizeof(*p));
    if (!p) return -ENOMEM;
    *p = (Probe){n, stream->bpc, (const ProbeOptions *const *)options};
    *worker = p;
    return 0;
}

static int probe_extract(void *worker, const VpFrames *frames, VpRow *row)
{
    const Probe *p = worker;
    for (int v = 0; v < p->n; v++) {
        const ProbeOptions *o = p->options[v];
        if (o->fail_at == (int)frames->index) return -EIO;
        if (o->slow_us) {
            const struct timespec pause = {0, 1000L * o->slow_us};
            nanosleep(&pause, NULL);
        }
        const double ref = mean(frames->ref[0], p->bpc), dis = mean(frames->dis[0], p->bpc);
        const double times = strcmp(o->mode, "twice") ? 1 : 2;
        vp_row_put(row, v, MEAN, times * ref * o->gain + o->offset);
        vp_row_put(row, v, DIFF, ref - dis);
        /* in base 1000: the reference one and two frames before, then the distorted; 999 where there is none */
        double past = 0;
        for (int k = 1; k <= VP_HISTORY; k++) past = 1000 * past + (frames->ref[k] ? mean(frames->ref[k], p->bpc) : 999);
        for (int k = 1; k <= VP_HISTORY; k++) past = 1000 * past + (frames->dis[k] ? mean(frames->dis[k], p->bpc) : 999);
        vp_row_put(row, v, PAST, past);
        if (o->flag) vp_row_put(row, v, BARE, 7);
    }
    return 0;
}

/* late: carries integers to an ordered step, which gives each frame the smaller of its value and the next one's. */
enum { CARRIED, SMALLER, SHARED, LATE_OUTPUTS };
static const VpOutput late_outputs[] = {
    {.name = "carried", .flags = VP_OUT_HIDDEN},
    {.name = "late_smaller"},
    {.name = "late_shared"}, /* distorted pictures for which the reference was looked at once */
    {0},
};

typedef struct {
    unsigned expected;
    uint64_t last, total;
} Late;

static int late_open(const VpStream *stream, const void *const *options, int n, void **worker)
{
    (void)options;
    (void)n;
    VpStream *copy = malloc(sizeof(*copy));
    if (!copy) return -ENOMEM;
    *copy = *stream;
    *worker = copy;
    return 0;
}

static int late_extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    const VpStream *stream = worker;
    if (n > stream->n_distorted) return -EPROTO;
    vp_row_carry(row, 0, CARRIED, (uint64_t)mean(frames->ref[0], stream->bpc));
    vp_row_put(row, 0, SHARED, n);
    for (int i = 1; i < n; i++) {
        if (frames[i].ref[0] != frames[0].ref[0] || frames[i].index != frames[0].index) return -EPROTO;
        vp_row_copy(row + i, row, 1);
    }
    return 0;
}

static int late_extract(void *worker, const VpFrames *frames, VpRow *row)
{
    return late_extract_several(worker, frames, 1, row);
}

static int late_begin(const VpStream *stream, const void *const *options, int n, void **sequence)
{
    (void)stream;
    (void)options;
    (void)n;
    *sequence = calloc(1, sizeof(Late));
    return *sequence ? 0 : -ENOMEM;
}

static int late_next(void *sequence, unsigned index, const VpRow *row, const VpSink *sink)
{
    Late *s = sequence;
    const uint64_t value = vp_row_get(row, 0, CARRIED).u;
    if (index != s->expected++ || !row->set[CARRIED]) return -EPROTO;
    const uint64_t last = s->last;
    s->last = value;
    s->total += value;
    const int rc = sink->score(sink->self, 0, SHARED, index, vp_row_get(row, 0, SHARED).f);
    if (rc) return rc;
    return index ? sink->score(sink->self, 0, SMALLER, index - 1, (double)(value < last ? value : last)) : 0;
}

static int late_finish(void *sequence, unsigned n_frames, const VpSink *sink)
{
    Late *s = sequence;
    if (n_frames != s->expected) return -EPROTO;
    const int rc = sink->aggregate(sink->self, "late_total", (double)s->total);
    return rc ? rc : sink->score(sink->self, 0, SMALLER, n_frames - 1, (double)s->last);
}

static const VpExtractor probe = {
    .name = "probe",
    .options = probe_options,
    .options_size = sizeof(ProbeOptions),
    .outputs = probe_outputs,
    .history = probe_history,
    .check = probe_check,
    .open = probe_open,
    .extract = probe_extract,
    .close = free,
};
static const VpExtractor late = {
    .name = "late",
    .outputs = late_outputs,
    .every_frame = true,
    .open = late_open,
    .extract = late_extract,
    .extract_several = late_extract_several,
    .close = free,
    .begin = late_begin,
    .next = late_next,
    .finish = late_finish,
    .end = free,
};

const VpExtractor *const vp_extractors[] = {&probe, &late, NULL};
