#include "check_float.h"
#include "kernel/float_rows.h"

static const int lengths[] = {1, 3, 5, 7, 9, 13, 17, 65};
enum { LENGTHS = sizeof lengths / sizeof *lengths, MOST = VP_FLOAT_MAX_TAPS + 2 * (VP_FLOAT_BLOCK - 1) };

static void check_load(VpCheck *t, const VpFloatRows *ref, const VpFloatRows *got)
{
    static const int depths[] = {8, 10, 12, 16};
    for (int w = 1; w <= 70; w++)
        for (int i = 0; i < 4; i++) {
            const int bpc = depths[i], n = vp_float_padded(w);
            const void *src = bpc == 8 ? (const void *)vp_check_u8(t, w, 8, VP_CHECK_ANY)
                                       : (const void *)vp_check_u16(t, w, bpc, VP_CHECK_ANY);
            float *a = vp_check_floats(t, n), *b = vp_check_floats(t, n);
            ref->load(src, bpc, w, a);
            got->load(src, bpc, w, b);
            vp_check_bytes(t, a, b, (size_t)n * sizeof *a, "load bpc=%d w=%d", bpc, w);
            vp_check_free(t);
        }
}

static void check_filters(VpCheck *t, const VpFloatRows *ref, const VpFloatRows *got)
{
    for (int w = 1; w <= 150; w += 1 + w / 33)
        for (int i = 0; i < LENGTHS; i++) {
            const int taps = lengths[i], n = vp_float_padded(w);
            const size_t bytes = (size_t)w * sizeof(float);
            const float *tap = vp_check_taps(t, taps), *row[MOST];
            float *a = vp_check_floats(t, n), *b = vp_check_floats(t, n);
            for (int step = 1; step <= 2; step++) {
                float *va[VP_FLOAT_BLOCK], *vb[VP_FLOAT_BLOCK];
                for (int k = 0; k < taps + step * (VP_FLOAT_BLOCK - 1); k++) row[k] = vp_check_floats(t, n);
                for (int r = 0; r < VP_FLOAT_BLOCK; r++) {
                    va[r] = vp_check_floats(t, n);
                    vb[r] = vp_check_floats(t, n);
                }
                ref->vertical_block(row, tap, taps, step, w, va);
                got->vertical_block(row, tap, taps, step, w, vb);
                for (int r = 0; r < VP_FLOAT_BLOCK; r++)
                    vp_check_bytes(t, va[r], vb[r], bytes, "vertical_block taps=%d step=%d w=%d row %d", taps, step, w, r);
            }
            ref->vertical(row, tap, taps, w, a);
            got->vertical(row, tap, taps, w, b);
            vp_check_bytes(t, a, b, bytes, "vertical taps=%d w=%d", taps, w);

            const float *one = vp_check_floats(t, n + taps - 1);
            ref->horizontal(one, tap, taps, w, a);
            got->horizontal(one, tap, taps, w, b);
            vp_check_bytes(t, a, b, bytes, "horizontal taps=%d w=%d", taps, w);

            const float *twice = vp_check_floats(t, 2 * n + taps);
            ref->halve(twice, tap, taps, w, a);
            got->halve(twice, tap, taps, w, b);
            vp_check_bytes(t, a, b, bytes, "halve taps=%d w=%d", taps, w);
            vp_check_free(t);
        }
}

static void check_sums(VpCheck *t, const VpFloatRows *ref, const VpFloatRows *got)
{
    for (int w = 1; w <= 100; w++)
        for (int n = 1; n <= VP_FLOAT_MAX_SUMS; n++) {
            const float *row[VP_FLOAT_MAX_SUMS];
            float a[VP_FLOAT_MAX_SUMS], b[VP_FLOAT_MAX_SUMS];
            for (int i = 0; i < n; i++) {
                row[i] = vp_check_floats(t, w);
                a[i] = b[i] = (float)vp_check_range(t, -1000, 1000) / 7;
            }
            ref->sums(row, n, w, a);
            got->sums(row, n, w, b);
            vp_check_bytes(t, a, b, (size_t)n * sizeof *a, "sums n=%d w=%d", n, w);

            const int padded = vp_float_padded(w);
            const float *p = vp_check_floats(t, padded), *q = vp_check_floats(t, padded);
            float *c = vp_check_floats(t, padded), *d = vp_check_floats(t, padded);
            ref->distance(p, q, w, c);
            got->distance(p, q, w, d);
            vp_check_bytes(t, c, d, (size_t)w * sizeof *c, "distance w=%d", w);
            vp_check_free(t);
        }
}

void vp_check_family(VpCheck *t)
{
    VpFloatRows ref, got;
    vp_float_rows_init(&ref, 0);
    vp_float_rows_init(&got, t->cpu);
    check_load(t, &ref, &got);
    check_filters(t, &ref, &got);
    check_sums(t, &ref, &got);
}

enum { W = 1920 };
typedef struct Bench {
    VpFloatRows k;
    const uint8_t *samples;
    const float *row[MOST], *tap[MOST + 1];
    float *out, *block[VP_FLOAT_BLOCK];
} Bench;

static void bench_load(void *arg)
{
    Bench *b = arg;
    b->k.load(b->samples, 8, W, b->out);
}
static void bench_vertical9(void *arg)
{
    Bench *b = arg;
    b->k.vertical_block(b->row, b->tap[9], 9, 2, W, b->block);
}
static void bench_horizontal17(void *arg)
{
    Bench *b = arg;
    b->k.horizontal(b->row[0], b->tap[17], 17, W, b->out);
}
static void bench_halve9(void *arg)
{
    Bench *b = arg;
    b->k.halve(b->row[0], b->tap[9], 9, W / 2, b->out);
}
static void bench_sums(void *arg)
{
    Bench *b = arg;
    b->k.sums(b->row, 8, W, b->out);
}

void vp_bench_family(VpCheck *t)
{
    Bench b = {.samples = vp_check_u8(t, W, 8, VP_CHECK_NOISE), .out = vp_check_floats(t, W)};
    for (int i = 0; i < 17; i++) b.row[i] = vp_check_floats(t, W + MOST);
    for (int i = 0; i < VP_FLOAT_BLOCK; i++) b.block[i] = vp_check_floats(t, W);
    b.tap[9] = vp_check_taps(t, 9);
    b.tap[17] = vp_check_taps(t, 17);
    vp_float_rows_init(&b.k, t->cpu);
    vp_bench(t, "float_rows/load", "w=1920 bpc=8", bench_load, &b);
    vp_bench(t, "float_rows/vertical_block", "w=1920 rows=4 taps=9", bench_vertical9, &b);
    vp_bench(t, "float_rows/horizontal", "w=1920 taps=17", bench_horizontal17, &b);
    vp_bench(t, "float_rows/halve", "w=960 taps=9", bench_halve9, &b);
    vp_bench(t, "float_rows/sums", "w=1920 n=8", bench_sums, &b);
}
