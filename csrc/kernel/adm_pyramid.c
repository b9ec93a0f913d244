#include "kernel/adm_pyramid.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

enum { MASK_ROWS = 3, SIGNAL_ROWS = 2 };
enum { RESTORED, ADDED, SIGNALS };

/* One of the two signals of a run, and the other as its mask: three rows of what is masked around, of the last two
 * of them what is masked more in the centre. */
typedef struct Mask {
    int32_t *around[MASK_ROWS], *centre[SIGNAL_ROWS];
} Mask;

typedef struct Scale {
    VpAdmAxis x, y;
    int input_w, input_h;
    /* of the reference, then of each distorted picture: the last four rows of the low-pass band before this scale (not
     * of scale 0) */
    void *(*input)[VP_ADM_TAPS];
    /* gain limits, or runs, of the first distorted picture, then of the next */
    void *(*signal)[SIGNALS][SIGNAL_ROWS][VP_ADM_BANDS]; /* rows of the ring */
    Mask (*mask)[SIGNALS];
    VpAdmRunSums *sums;
    uint64_t reference[VP_ADM_BANDS];
    int next_row;       /* that has not been made */
} Scale;

struct VpAdmPyramid {
    VpAdmKernels kernels;
    int bpc, n_runs, n_gains, max_distorted;
    bool scale0; /* some run wants it */
    VpAdmRun *run;
    double *gain; /* distinct limits */
    int *run_gain;
    Scale scale[VP_ADM_SCALES];
    int n_distorted; /* of the call */
    const VpPlane *reference, *const *distorted;
    /* rows of one scale at a time */
    void *vertical[2];                /* low, high */
    void *low;                        /* where the low-pass band goes that no scale reads */
    void *band[2][VP_ADM_BANDS];      /* reference, the distorted picture at hand: columns x.out to x.out_end */
    void *restored[VP_ADM_BANDS], *close; /* of the ring */
    int32_t *threshold;
    char *memory; /* all of it */
};

static size_t entry_size(int scale)
{
    return scale ? sizeof(int32_t) : sizeof(int16_t);
}

/* Hands out rows of one block; with no block yet it only counts. */
typedef struct Arena {
    char *base;
    size_t used;
} Arena;

/* n entries, a multiple of the alignment before them and what kernels may touch after them. */
static void *take_row(Arena *arena, int n, size_t size)
{
    const size_t lead = VP_ALIGN, bytes = ((size_t)n + 2 * VP_ADM_PAD) * size;
    const size_t at = arena->used + lead;
    arena->used = at + (bytes + VP_ALIGN - 1) / VP_ALIGN * VP_ALIGN;
    return arena->base ? arena->base + at : NULL;
}

static void *take(Arena *arena, int n, size_t size)
{
    const size_t at = arena->used;
    arena->used += ((size_t)n * size + VP_ALIGN - 1) / VP_ALIGN * VP_ALIGN;
    return arena->base ? arena->base + at : NULL;
}

static void take_scale(VpAdmPyramid *p, int s, Arena *arena)
{
    Scale *sc = p->scale + s;
    const int ring = sc->x.ring_end - sc->x.ring;
    /* an int16_t picture precedes scale 1, int32_t ones the others */
    const int n_gains = p->max_distorted * p->n_gains, n_runs = p->max_distorted * p->n_runs;
    sc->input = take(arena, 1 + p->max_distorted, sizeof *sc->input);
    for (int i = 0; s && i < 1 + p->max_distorted; i++)
        for (int y = 0; y < VP_ADM_TAPS; y++) {
            void *row = take_row(arena, sc[-1].x.out_end - sc[-1].x.out, entry_size(s - 1));
            if (arena->base) sc->input[i][y] = row;
        }
    sc->sums = take(arena, n_runs, sizeof *sc->sums);
    sc->signal = take(arena, n_gains, sizeof *sc->signal);
    sc->mask = take(arena, n_runs, sizeof *sc->mask);
    for (int g = 0; g < n_gains; g++)
        for (int k = 0; k < SIGNALS; k++)
            for (int y = 0; y < SIGNAL_ROWS; y++)
                for (int b = 0; b < VP_ADM_BANDS; b++) {
                    void *row = take_row(arena, ring, entry_size(s));
                    if (arena->base) sc->signal[g][k][y][b] = row;
                }
    for (int r = 0; r < n_runs; r++)
        for (int k = 0; k < SIGNALS; k++) {
            for (int y = 0; y < MASK_ROWS; y++) {
                void *row = take_row(arena, ring, sizeof(int32_t));
                if (arena->base) sc->mask[r][k].around[y] = row;
            }
            for (int y = 0; y < SIGNAL_ROWS; y++) {
                void *row = take_row(arena, ring, sizeof(int32_t));
                if (arena->base) sc->mask[r][k].centre[y] = row;
            }
        }
}

static size_t take_all(VpAdmPyramid *p, char *base)
{
    Arena arena = {base, 0};
    /* scale 0 has the longest rows, and above it entries are twice as long but rows half, give or take a few */
    const int n = p->scale[0].x.out_end - p->scale[0].x.out + 8;
    for (int s = 0; s < VP_ADM_SCALES; s++) take_scale(p, s, &arena);
    for (int i = 0; i < 2; i++) {
        p->vertical[i] = take_row(&arena, 2 * n + 4 * VP_ADM_PAD, sizeof(int16_t));
        for (int b = 0; b < VP_ADM_BANDS; b++) p->band[i][b] = take_row(&arena, n + VP_ADM_PAD, sizeof(int16_t));
    }
    p->low = take_row(&arena, n + VP_ADM_PAD, sizeof(int16_t));
    for (int b = 0; b < VP_ADM_BANDS; b++) p->restored[b] = take_row(&arena, n + VP_ADM_PAD, sizeof(int16_t));
    p->close = take_row(&arena, n + VP_ADM_PAD, sizeof(int16_t));
    p->threshold = take_row(&arena, n, sizeof(int32_t));
    return arena.used;
}

int vp_adm_pyramid_open(const VpStream *stream, const VpAdmRun *runs, int n, VpAdmPyramid **pyramid)
{
    VpAdmPyramid *p = vp_calloc(1, sizeof *p);
    if (!p) return -ENOMEM;
    p->bpc = stream->bpc;
    p->n_runs = n;
    p->max_distorted = stream->n_distorted;
    p->run = vp_calloc((size_t)n, sizeof *p->run);
    p->gain = vp_calloc((size_t)n, sizeof *p->gain);
    p->run_gain = vp_calloc((size_t)n, sizeof *p->run_gain);
    if (!p->run || !p->gain || !p->run_gain) goto fail;
    for (int r = 0; r < n; r++) {
        int g = 0;
        p->run[r] = runs[r];
        p->scale0 |= runs[r].scale0;
        while (g < p->n_gains && p->gain[g] != runs[r].gain_limit) g++;
        if (g == p->n_gains) p->gain[p->n_gains++] = runs[r].gain_limit;
        p->run_gain[r] = g;
    }
    vp_adm_kernels_init(&p->kernels, stream->cpu);
    VpAdmAxis x[VP_ADM_SCALES], y[VP_ADM_SCALES];
    vp_adm_axis_init(x, stream->w);
    vp_adm_axis_init(y, stream->h);
    for (int s = 0; s < VP_ADM_SCALES; s++) {
        p->scale[s].x = x[s];
        p->scale[s].y = y[s];
        p->scale[s].input_w = s ? x[s - 1].band : stream->w;
        p->scale[s].input_h = s ? y[s - 1].band : stream->h;
    }
    p->memory = vp_calloc(take_all(p, NULL), 1);
    if (!p->memory) goto fail;
    take_all(p, p->memory);
    *pyramid = p;
    return 0;

fail:
    vp_adm_pyramid_close(p);
    return -ENOMEM;
}

void vp_adm_pyramid_close(VpAdmPyramid *p)
{
    if (!p) return;
    vp_free(p->run);
    vp_free(p->gain);
    vp_free(p->run_gain);
    vp_free(p->memory);
    vp_free(p);
}

static inline void *entry(void *row, int i, int scale)
{
    return (char *)row + (ptrdiff_t)i * (ptrdiff_t)entry_size(scale);
}

static inline int64_t round_shift(uint64_t sum, int shift)
{
    const int64_t half = (int64_t)1 << (shift - 1);
    return (int64_t)(sum + (uint64_t)half) >> shift;
}

/* Adds row y of the crop of a distorted picture, whose signals and masks and those of the rows around it are there. */
static void sum_row(VpAdmPyramid *p, int s, int distorted, int y)
{
    Scale *sc = p->scale + s;
    const int skip = sc->x.crop - sc->x.ring, n = sc->x.crop_end - sc->x.crop;
    const int above = y ? y - 1 : 1, below = y + 1 < sc->y.band ? y + 1 : y;
    const int log2_w = vp_adm_log2_up(sc->x.band), log2_h = vp_adm_log2_up(sc->y.band);
    for (int r = 0; r < p->n_runs; r++)
        for (int k = 0; k < SIGNALS; k++) {
            const VpAdmRun *run = p->run + r;
            if ((s == 0 && !run->scale0) || !(k == RESTORED ? run->restored : run->added)) continue;
            const Mask *m = &sc->mask[distorted * p->n_runs + r][k];
            const int32_t *const around[3] = {m->around[above % MASK_ROWS] + skip, m->around[y % MASK_ROWS] + skip,
                                              m->around[below % MASK_ROWS] + skip};
            p->kernels.threshold(around, m->centre[y % SIGNAL_ROWS] + skip, p->threshold, n);
            void *const *signal = sc->signal[distorted * p->n_gains + p->run_gain[r]][k][y % SIGNAL_ROWS];
            const void *const z[VP_ADM_BANDS] = {entry(signal[0], skip, s), entry(signal[1], skip, s),
                                                 entry(signal[2], skip, s)};
            uint64_t sum[VP_ADM_BANDS];
            p->kernels.band[s > 0].cubes(z, run->factors[s], p->threshold, log2_w, n, sum);
            VpAdmRunSums *sums = sc->sums + distorted * p->n_runs + r;
            int64_t *total = k == RESTORED ? sums->restored : sums->added;
            for (int b = 0; b < VP_ADM_BANDS; b++) total[b] += round_shift(sum[b], log2_h);
        }
}

static void sum_reference(VpAdmPyramid *p, int s)
{
    Scale *sc = p->scale + s;
    const int skip = sc->x.crop - sc->x.out, w = sc->x.crop_end - sc->x.crop, h = sc->y.crop_end - sc->y.crop;
    const void *const o[VP_ADM_BANDS] = {entry(p->band[0][0], skip, s), entry(p->band[0][1], skip, s),
                                         entry(p->band[0][2], skip, s)};
    const int shift = s ? vp_adm_log2_up(h) : vp_adm_area_shift(w * h);
    uint64_t sum[VP_ADM_BANDS];
    p->kernels.band[s > 0].cubes_reference(o, s, vp_adm_log2_up(w), w, sum);
    for (int b = 0; b < VP_ADM_BANDS; b++)
        sc->reference[b] += shift ? (sum[b] + ((uint64_t)1 << (shift - 1))) >> shift : sum[b];
}

/* Takes row y of the bands of a distorted picture, which lies in the ring: decouples it, makes masks of it, and adds the
 * row above it. */
static void take_band_row(VpAdmPyramid *p, int s, int distorted, int y)
{
    Scale *sc = p->scale + s;
    const VpAdmBandKernels *kernels = p->kernels.band + (s > 0);
    const int skip = sc->x.ring - sc->x.out, n = sc->x.ring_end - sc->x.ring;
    const void *o[VP_ADM_BANDS], *t[VP_ADM_BANDS];
    for (int b = 0; b < VP_ADM_BANDS; b++) o[b] = entry(p->band[0][b], skip, s), t[b] = entry(p->band[1][b], skip, s);
    kernels->restore(o, t, p->restored, p->close, n);
    void *(*signal)[SIGNALS][SIGNAL_ROWS][VP_ADM_BANDS] = sc->signal + distorted * p->n_gains;
    for (int g = 0; g < p->n_gains; g++)
        kernels->limit((const void *const *)p->restored, p->close, t, p->gain[g], signal[g][RESTORED][y % SIGNAL_ROWS],
                       signal[g][ADDED][y % SIGNAL_ROWS], n);
    for (int r = 0; r < p->n_runs; r++)
        for (int k = 0; k < SIGNALS; k++) {
            const VpAdmRun *run = p->run + r;
            if ((s == 0 && !run->scale0) || !(k == RESTORED ? run->restored : run->added)) continue;
            const Mask *m = &sc->mask[distorted * p->n_runs + r][k];
            int32_t *around = m->around[y % MASK_ROWS];
            kernels->mask((const void *const *)signal[p->run_gain[r]][!k][y % SIGNAL_ROWS], run->factors[s], around,
                          m->centre[y % SIGNAL_ROWS], n);
            if (sc->x.crop == 0) { /* only then does the band end within the ring */
                around[-1] = around[1];
                around[n] = around[n - 1];
            }
        }
    if (y > sc->y.crop) sum_row(p, s, distorted, y - 1);
    if (y < sc->y.crop_end && y == sc->y.band - 1) sum_row(p, s, distorted, y);
}

/* The wavelet of one row of picture i: 0 the reference, then the distorted ones. `high`: with the bands h, v, d. */
static void transform(VpAdmPyramid *p, int s, int i, int y, bool high)
{
    Scale *sc = p->scale + s;
    const VpAdmWaveletKernels *w = &p->kernels.wavelet;
    const int n_in = sc->x.in_end - sc->x.in, n_out = sc->x.out_end - sc->x.out;
    const int lead = sc->x.in - (2 * sc->x.out - 1), missing = 2 * n_out + 2 - lead - n_in;
    const VpPlane *picture = i ? p->distorted[i - 1] : p->reference;
    void **band = p->band[i > 0];
    const void *in[VP_ADM_TAPS];
    for (int k = 0; k < VP_ADM_TAPS; k++) {
        const int row = vp_adm_reflect(2 * y - 1 + k, sc->input_h);
        if (s == 0)
            in[k] = (const char *)vp_row(picture, row) + (ptrdiff_t)sc->x.in * (p->bpc > 8 ? 2 : 1);
        else
            in[k] = entry(sc->input[i][row % VP_ADM_TAPS], sc->x.in - sc[-1].x.out, s - 1);
    }
    void *lo = entry(p->vertical[0], lead, s), *hi = high ? entry(p->vertical[1], lead, s) : NULL;
    if (s == 0)
        (p->bpc > 8 ? w->rows16 : w->rows8)(in, p->bpc, lo, hi, n_in);
    else if (s == 1)
        w->rows_widen((const int16_t *const *)in, lo, hi, n_in);
    else
        w->rows32((const int32_t *const *)in, lo, hi, n_in);
    void *low = s + 1 < VP_ADM_SCALES ? sc[1].input[i][y % VP_ADM_TAPS] : p->low;
    for (int k = 0; k < 1 + high; k++) {
        void *lower = k ? band[VP_ADM_H] : low;
        void *higher = k ? band[VP_ADM_D] : high ? band[VP_ADM_V] : NULL;
        if (s == 0) {
            int16_t *v = p->vertical[k];
            if (lead) v[0] = v[2];
            for (int j = 0; j < missing; j++) v[lead + n_in + j] = v[lead + n_in - 1 - j];
            w->columns16(v, lower, higher, n_out);
        } else {
            int32_t *v = p->vertical[k];
            if (lead) v[0] = v[2];
            for (int j = 0; j < missing; j++) v[lead + n_in + j] = v[lead + n_in - 1 - j];
            w->columns32(v, s == 2 ? 16 : 15, lower, higher, n_out);
        }
    }
}

/* Makes output row y of a scale and, with it, what rows of the next scales it completes. */
static void make_row(VpAdmPyramid *p, int s, int y)
{
    Scale *sc = p->scale + s;
    const bool high = y >= sc->y.ring && y < sc->y.ring_end && (s || p->scale0);
    transform(p, s, 0, y, high);
    if (high && y >= sc->y.crop && y < sc->y.crop_end) sum_reference(p, s);
    for (int i = 0; i < p->n_distorted; i++) {
        transform(p, s, 1 + i, y, high);
        if (high) take_band_row(p, s, i, y);
    }
    if (s + 1 == VP_ADM_SCALES) return;
    Scale *next = sc + 1;
    while (next->next_row < next->y.out_end &&
           (2 * next->next_row + 2 <= y || y == next->input_h - 1))
        make_row(p, s + 1, next->next_row++);
}

void vp_adm_pyramid_extract(VpAdmPyramid *p, const VpPlane *reference, const VpPlane *const *distorted, int n)
{
    p->n_distorted = n;
    p->reference = reference;
    p->distorted = distorted;
    for (int s = 0; s < VP_ADM_SCALES; s++) {
        Scale *sc = p->scale + s;
        memset(sc->reference, 0, sizeof sc->reference);
        memset(sc->sums, 0, (size_t)(n * p->n_runs) * sizeof *sc->sums);
        sc->next_row = sc->y.out;
    }
    for (int y = p->scale[0].y.out; y < p->scale[0].y.out_end; y++) make_row(p, 0, y);
}

const VpAdmAxis *vp_adm_pyramid_columns(const VpAdmPyramid *p, int scale)
{
    return &p->scale[scale].x;
}

const VpAdmAxis *vp_adm_pyramid_rows(const VpAdmPyramid *p, int scale)
{
    return &p->scale[scale].y;
}

const uint64_t *vp_adm_pyramid_reference(const VpAdmPyramid *p, int scale)
{
    return p->scale[scale].reference;
}

const VpAdmRunSums *vp_adm_pyramid_run(const VpAdmPyramid *p, int distorted, int scale, int run)
{
    return &p->scale[scale].sums[distorted * p->n_runs + run];
}
