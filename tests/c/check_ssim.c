#include <string.h>

#include "check.h"
#include "kernel/ssim.h"

/* n floats of a picture or of sums over it: samples with a fraction, extremes, one level, small ones, negative ones if
 * they may be. */
static float *floats(VpCheck *t, int n, float top, bool positive)
{
    float *const row = vp_check_alloc(t, (size_t)n, sizeof *row);
    const int style = vp_check_range(t, 0, 4);
    const float level = top * (float)vp_check_range(t, 0, 65535) / 65536;
    for (int i = 0; i < n; i++) {
        const float noise = top * (float)vp_check_range(t, 0, 65535) / 65536;
        switch (style) {
        case 0: row[i] = noise; break;
        case 1: row[i] = vp_check_range(t, 0, 1) ? top : 0; break;
        case 2: row[i] = level; break;
        case 3: row[i] = positive ? noise / 256 : (noise - top / 2) * 1e-5f; break;
        default: row[i] = vp_check_range(t, 0, 3) ? 0 : noise;
        }
    }
    return row;
}

static void check_load(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got)
{
    static const int depths[] = {8, 10, 12, 16};
    for (int i = 0; i < 4; i++)
        for (int w = 1; w <= 100; w++) {
            const void *const src = depths[i] == 8 ? (const void *)vp_check_u8(t, w, 8, VP_CHECK_ANY)
                                                   : (const void *)vp_check_u16(t, w, depths[i], VP_CHECK_ANY);
            float *const a = floats(t, w, 1, false), *const b = floats(t, w, 1, false);
            ref->load(src, depths[i], w, a);
            got->load(src, depths[i], w, b);
            vp_check_bytes(t, a, b, (size_t)w * sizeof *a, "load bpc=%d w=%d", depths[i], w);
            vp_check_free(t);
        }
}

enum { BLOCKS = 10 };

static void check_window(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got, bool positive)
{
    for (int n = 1; n <= BLOCKS * VP_SSIM_LANES; n++) {
        const int size = vp_ssim_padded(n), read = size + VP_SSIM_LANES;
        const int row = vp_check_range(t, 0, VP_SSIM_WINDOW - 1) * VP_SSIM_MAPS * VP_SSIM_LANES;
        const int ring = size / VP_SSIM_LANES * VP_SSIM_BLOCK;
        const float *const x = floats(t, read, 255, positive), *const y = floats(t, read, 255, positive);
        float *const a = floats(t, ring, 1, positive), *const b = floats(t, ring, 1, positive);
        memcpy(b, a, (size_t)ring * sizeof *a);
        ref->window_row(x, y, n, positive, a + row);
        got->window_row(x, y, n, positive, b + row);
        vp_check_bytes(t, a, b, (size_t)ring * sizeof *a, "window_row n=%d positive=%d", n, positive);
        vp_check_free(t);
    }
}

/* Sums of one block of positions: means as a picture has them, and second moments. */
static void draw_block(VpCheck *t, bool positive, float *block)
{
    for (int i = 0; i < VP_SSIM_WINDOW * VP_SSIM_MAPS; i++) {
        const float *const row = floats(t, VP_SSIM_LANES, i % VP_SSIM_MAPS < 2 ? 255 : 65025, positive);
        memcpy(block + i * VP_SSIM_LANES, row, VP_SSIM_LANES * sizeof *row);
    }
    vp_check_free(t);
}

static void check_position(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got, bool positive)
{
    static float ring[BLOCKS * VP_SSIM_BLOCK];
    for (int i = 0; i < BLOCKS; i++) draw_block(t, positive, ring + i * VP_SSIM_BLOCK);
    for (int n = 1; n <= BLOCKS * VP_SSIM_LANES; n++)
        for (int all = 0; all <= 1; all++) {
            for (int i = n / 40; i < BLOCKS; i += 3) draw_block(t, positive, ring + i * VP_SSIM_BLOCK);
            const int row = vp_check_range(t, 0, VP_SSIM_WINDOW - 1);
            double a[VP_SSIM_SUMS] = {1, 2, 3, 4}, b[VP_SSIM_SUMS] = {1, 2, 3, 4};
            ref->position_row(ring, row, n, positive, all, a);
            got->position_row(ring, row, n, positive, all, b);
            vp_check_bytes(t, a, b, sizeof a, "position_row n=%d positive=%d all=%d", n, positive, all);
        }
}

static void check_halve(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got)
{
    for (int n = 1; n <= 300; n++) {
        const int size = vp_ssim_padded(n), read = 2 * size + 2 * VP_SSIM_LANES;
        const float *row[VP_SSIM_HALF];
        for (int k = 0; k < VP_SSIM_HALF; k++) row[k] = floats(t, read, 255, false) + VP_SSIM_HALF / 2;
        float *const a = floats(t, size, 1, false), *const b = floats(t, size, 1, false);
        ref->halve_row(row, n, a);
        got->halve_row(row, n, b);
        vp_check_bytes(t, a, b, (size_t)n * sizeof *a, "halve_row n=%d", n);
        vp_check_free(t);
    }
}

/* Rows of samples two after two give what the rows of the filter, one after the other, give in plain C. */
static void check_halve_pair(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got)
{
    static const int depths[] = {8, 10, 12, 16};
    enum { ROWS = 14 };
    for (int n = 1; n <= 300; n += 1 + n / 40)
        for (int i = 0; i < 4; i++) {
            const int size = vp_ssim_padded(n), read = 2 * size + 2 * VP_SSIM_LANES, bpc = depths[i];
            const float *row[ROWS];
            for (int k = 0; k < ROWS; k++) {
                float *const samples = vp_check_alloc(t, (size_t)read, sizeof *samples);
                const void *const src = bpc == 8 ? (const void *)vp_check_u8(t, read, 8, VP_CHECK_ANY)
                                                 : (const void *)vp_check_u16(t, read, bpc, VP_CHECK_ANY);
                ref->load(src, bpc, read, samples);
                row[k] = samples + VP_SSIM_HALF / 2;
            }
            double *sum[VP_SSIM_PARTS];
            for (int k = 0; k < VP_SSIM_PARTS; k++) {
                sum[k] = vp_check_alloc(t, (size_t)size, sizeof *sum[k]);
                memset(sum[k], 0, (size_t)size * sizeof *sum[k]);
            }
            float *const a = floats(t, size, 1, true), *const b = floats(t, size, 1, true);
            for (int m = 0; m < ROWS / 2; m++) {
                got->halve_pair(row[2 * m], row[2 * m + 1], n, sum, b);
                double *const begun = sum[0];
                memmove(sum, sum + 1, (VP_SSIM_PARTS - 1) * sizeof *sum);
                sum[VP_SSIM_PARTS - 1] = begun;
                if (m < 4) continue;
                ref->halve_row(row + 2 * (m - 4), n, a);
                vp_check_bytes(t, a, b, (size_t)n * sizeof *a, "halve_pair n=%d bpc=%d", n, bpc);
            }
            vp_check_free(t);
        }
}

void vp_check_family(VpCheck *t)
{
    VpSsimKernels ref, got;
    vp_ssim_kernels_init(&ref, 0);
    vp_ssim_kernels_init(&got, t->cpu);
    check_load(t, &ref, &got);
    for (int positive = 0; positive <= 1; positive++) {
        check_window(t, &ref, &got, positive);
        check_position(t, &ref, &got, positive);
    }
    check_halve(t, &ref, &got);
    check_halve_pair(t, &ref, &got);
}

enum { WIDTH = 1920, POSITIONS = WIDTH - VP_SSIM_WINDOW + 1 };

typedef struct Bench {
    VpSsimKernels k;
    const uint8_t *sample;
    const float *x, *y, *row[VP_SSIM_HALF];
    float *ring, *out;
    double *part[VP_SSIM_PARTS];
} Bench;

static void call_load(void *arg)
{
    Bench *const b = arg;
    b->k.load(b->sample, 8, WIDTH, b->out);
}

static void call_window(void *arg)
{
    Bench *const b = arg;
    b->k.window_row(b->x, b->y, POSITIONS, true, b->ring);
}

static void call_position(void *arg)
{
    Bench *const b = arg;
    double sum[VP_SSIM_SUMS] = {0};
    b->k.position_row(b->ring, 3, POSITIONS, true, false, sum);
}

static void call_halve(void *arg)
{
    Bench *const b = arg;
    b->k.halve_row(b->row, WIDTH / 2, b->out);
}

static void call_halve_pair(void *arg)
{
    Bench *const b = arg;
    b->k.halve_pair(b->row[0], b->row[1], WIDTH / 2, b->part, b->out);
}

void vp_bench_family(VpCheck *t)
{
    Bench b;
    vp_ssim_kernels_init(&b.k, t->cpu);
    b.sample = vp_check_u8(t, WIDTH, 8, VP_CHECK_NOISE);
    const int size = WIDTH + 4 * VP_SSIM_LANES;
    b.x = floats(t, size, 255, true);
    b.y = floats(t, size, 255, true);
    b.out = floats(t, size, 1, true);
    const int blocks = WIDTH / VP_SSIM_LANES;
    b.ring = vp_check_alloc(t, (size_t)(blocks * VP_SSIM_BLOCK), sizeof *b.ring);
    for (int i = 0; i < VP_SSIM_WINDOW; i++)
        b.k.window_row(b.x, b.y, POSITIONS, true, b.ring + i * VP_SSIM_MAPS * VP_SSIM_LANES);
    for (int k = 0; k < VP_SSIM_HALF; k++) b.row[k] = floats(t, size, 255, true) + VP_SSIM_HALF / 2;
    for (int k = 0; k < VP_SSIM_PARTS; k++) b.part[k] = vp_check_alloc(t, WIDTH / 2, sizeof *b.part[k]);
    vp_bench(t, "ssim/load", "w=1920", call_load, &b);
    vp_bench(t, "ssim/window_row", "n=1910", call_window, &b);
    vp_bench(t, "ssim/position_row", "n=1910", call_position, &b);
    vp_bench(t, "ssim/halve_row", "n=960", call_halve, &b);
    vp_bench(t, "ssim/halve_pair", "n=960", call_halve_pair, &b);
    vp_check_free(t);
}
