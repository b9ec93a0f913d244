#include "check_float.h"
#include "kernel/float_adm.h"

static void check_splits(VpCheck *t, const VpFloatAdmKernels *ref, const VpFloatAdmKernels *got)
{
    for (int w = 1; w <= 100; w++) {
        const int n = vp_float_padded(w);
        const size_t bytes = (size_t)w * sizeof(float);
        float *low[2], *high[2];
        const float *row[4], *twice = vp_check_floats(t, 2 * n + 2);
        for (int k = 0; k < 4; k++) row[k] = vp_check_floats(t, n);
        for (int level = 0; level < 2; level++) {
            low[level] = vp_check_floats(t, n);
            high[level] = vp_check_floats(t, n);
        }
        ref->split_rows(row, w, low[0], high[0]);
        got->split_rows(row, w, low[1], high[1]);
        vp_check_bytes(t, low[0], low[1], bytes, "split_rows w=%d low", w);
        vp_check_bytes(t, high[0], high[1], bytes, "split_rows w=%d high", w);
        ref->split_row(twice + 1, w, low[0], high[0]);
        got->split_row(twice + 1, w, low[1], high[1]);
        vp_check_bytes(t, low[0], low[1], bytes, "split_row w=%d low", w);
        vp_check_bytes(t, high[0], high[1], bytes, "split_row w=%d high", w);
        vp_check_free(t);
    }
}

/* Distorted bands: unrelated, equal, of other contrast, opposite. */
static const float *distort(VpCheck *t, const float *o, int n, int style)
{
    float *row = vp_check_floats(t, n);
    for (int i = 0; i < n; i++) {
        const float k = (float)vp_check_range(t, -500, 2000) / 1000;
        if (style == 1) row[i] = o[i];
        if (style == 2) row[i] = o[i] * k;
        if (style == 3) row[i] = o[i] * 1.25f;
        if (style == 4) row[i] = -o[i];
    }
    return row;
}

static void check_decouple(VpCheck *t, const VpFloatAdmKernels *ref, const VpFloatAdmKernels *got)
{
    static const double gains[] = {100, 1, 1.2};
    static const float weight[] = {0.0173815377f, 0.0319848284f, 1.5f};
    for (int w = 1; w <= 90; w++)
        for (int g = 0; g < 3; g++) {
            const int n = vp_float_padded(w), style = vp_check_range(t, 0, 4);
            const float *o[VP_ADM_BANDS], *d[VP_ADM_BANDS];
            float *weighted[2][VP_ADM_PARTS], *share[2][VP_ADM_PARTS];
            for (int b = 0; b < VP_ADM_BANDS; b++) {
                o[b] = vp_check_floats(t, n);
                d[b] = distort(t, o[b], n, style);
            }
            for (int level = 0; level < 2; level++)
                for (int p = 0; p < VP_ADM_PARTS; p++) {
                    weighted[level][p] = vp_check_floats(t, n);
                    share[level][p] = vp_check_floats(t, n);
                }
            ref->decouple(o, d, w, gains[g], weight, weighted[0], share[0]);
            got->decouple(o, d, w, gains[g], weight, weighted[1], share[1]);
            for (int p = 0; p < VP_ADM_PARTS; p++) {
                const size_t bytes = (size_t)w * sizeof(float);
                vp_check_bytes(t, weighted[0][p], weighted[1][p], bytes, "decouple w=%d gain=%g part %d", w, gains[g],
                               p);
                vp_check_bytes(t, share[0][p], share[1][p], bytes, "decouple w=%d gain=%g share %d", w, gains[g], p);
            }
            vp_check_free(t);
        }
}

/* Magnitudes: weighted bands and shares are not negative. */
static const float *magnitudes(VpCheck *t, int n)
{
    float *row = vp_check_floats(t, n);
    for (int i = 0; i < n; i++)
        if (row[i] < 0) row[i] = -row[i];
    return row;
}

static void check_energy(VpCheck *t, const VpFloatAdmKernels *ref, const VpFloatAdmKernels *got)
{
    static const float weight[] = {0.0173815377f, 0.0319848284f, 1.5f};
    for (int w = 1; w <= 90; w++)
        for (int cube = 0; cube <= 1; cube++) {
            const int n = vp_float_padded(w);
            const size_t bytes = (size_t)w * sizeof(float);
            const float *band[VP_ADM_BANDS], *measured[VP_ADM_BANDS], *mask[VP_ADM_BANDS], *share[3 * VP_ADM_BANDS];
            float *term[2][VP_ADM_BANDS];
            for (int b = 0; b < VP_ADM_BANDS; b++) {
                band[b] = vp_check_floats(t, n);
                measured[b] = magnitudes(t, n);
                mask[b] = magnitudes(t, n);
                for (int k = 0; k < 3; k++) share[3 * b + k] = magnitudes(t, n + 2) + 1;
                for (int level = 0; level < 2; level++) term[level][b] = vp_check_floats(t, n);
            }
            ref->energy(band, weight, w, cube, term[0]);
            got->energy(band, weight, w, cube, term[1]);
            for (int b = 0; b < VP_ADM_BANDS; b++)
                vp_check_bytes(t, term[0][b], term[1][b], bytes, "energy w=%d cube=%d band %d", w, cube, b);
            ref->masked_energy(measured, mask, share, w, cube, term[0]);
            got->masked_energy(measured, mask, share, w, cube, term[1]);
            for (int b = 0; b < VP_ADM_BANDS; b++)
                vp_check_bytes(t, term[0][b], term[1][b], bytes, "masked_energy w=%d cube=%d band %d", w, cube, b);
            vp_check_free(t);
        }
}

void vp_check_family(VpCheck *t)
{
    VpFloatAdmKernels ref, got;
    vp_float_adm_kernels_init(&ref, 0);
    vp_float_adm_kernels_init(&got, t->cpu);
    check_splits(t, &ref, &got);
    check_decouple(t, &ref, &got);
    check_energy(t, &ref, &got);
}

enum { W = 960 };
typedef struct Bench {
    VpFloatAdmKernels k;
    const float *row[4], *share[3 * VP_ADM_BANDS];
    float *part[2 * VP_ADM_PARTS], *low, *high;
} Bench;

static void bench_split_rows(void *arg)
{
    Bench *b = arg;
    b->k.split_rows(b->row, 2 * W, b->low, b->high);
}
static void bench_split_row(void *arg)
{
    Bench *b = arg;
    b->k.split_row(b->row[0] + 1, W, b->low, b->high);
}
static void bench_decouple(void *arg)
{
    static const float weight[] = {0.0173815377f, 0.0319848284f, 1.5f};
    Bench *b = arg;
    b->k.decouple(b->row, b->row + 1, W, 100, weight, b->part, b->part + VP_ADM_PARTS);
}
static void bench_masked_energy(void *arg)
{
    Bench *b = arg;
    b->k.masked_energy(b->row, b->row + 1, b->share, W, true, b->part);
}

void vp_bench_family(VpCheck *t)
{
    Bench b = {.low = vp_check_floats(t, 2 * W), .high = vp_check_floats(t, 2 * W)};
    for (int i = 0; i < 4; i++) b.row[i] = magnitudes(t, 2 * W + 2);
    for (int i = 0; i < 3 * VP_ADM_BANDS; i++) b.share[i] = magnitudes(t, W + 2) + 1;
    for (int i = 0; i < 2 * VP_ADM_PARTS; i++) b.part[i] = vp_check_floats(t, W);
    vp_float_adm_kernels_init(&b.k, t->cpu);
    vp_bench(t, "float_adm/split_rows", "w=1920", bench_split_rows, &b);
    vp_bench(t, "float_adm/split_row", "w=960", bench_split_row, &b);
    vp_bench(t, "float_adm/decouple", "w=960", bench_decouple, &b);
    vp_bench(t, "float_adm/masked_energy", "w=960", bench_masked_energy, &b);
}
