#include "check.h"
#include "kernel/ssim.h"

/* n floats of a picture or of sums over it: samples with a fraction, extremes, one level, small or negative ones. */
static float *floats(VpCheck *t, int n, float top)
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
        case 3: row[i] = (noise - top / 2) * 1e-5f; break;
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
            float *const a = floats(t, w, 1), *const b = floats(t, w, 1);
            ref->load(src, depths[i], w, a);
            got->load(src, depths[i], w, b);
            vp_check_bytes(t, a, b, (size_t)w * sizeof *a, "load bpc=%d w=%d", depths[i], w);
            vp_check_free(t);
        }
}

static void check_window(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got)
{
    for (int n = 1; n <= 600; n += 1 + n / 40) {
        const int size = vp_ssim_padded(n), read = size + VP_SSIM_LANES;
        const float *const x = floats(t, read, 255), *const y = floats(t, read, 255);
        float *a[VP_SSIM_MAPS], *b[VP_SSIM_MAPS];
        for (int i = 0; i < VP_SSIM_MAPS; i++) {
            a[i] = floats(t, size, 1);
            b[i] = floats(t, size, 1);
        }
        ref->window_row(x, y, n, a);
        got->window_row(x, y, n, b);
        for (int i = 0; i < VP_SSIM_MAPS; i++)
            vp_check_bytes(t, a[i], b[i], (size_t)n * sizeof *a[i], "window_row map %d n=%d", i, n);
        vp_check_free(t);
    }
}

static void check_position(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got)
{
    for (int n = 1; n <= 150; n++)
        for (int all = 0; all <= 1; all++) {
            const float *map[VP_SSIM_MAPS][VP_SSIM_WINDOW];
            for (int i = 0; i < VP_SSIM_MAPS; i++)
                for (int k = 0; k < VP_SSIM_WINDOW; k++)
                    map[i][k] = floats(t, vp_ssim_padded(n), i < 2 ? 255 : 65025);
            double a[VP_SSIM_SUMS] = {1, 2, 3, 4}, b[VP_SSIM_SUMS] = {1, 2, 3, 4};
            ref->position_row(map, n, all, a);
            got->position_row(map, n, all, b);
            vp_check_bytes(t, a, b, sizeof a, "position_row n=%d all=%d", n, all);
            vp_check_free(t);
        }
}

static void check_halve(VpCheck *t, const VpSsimKernels *ref, const VpSsimKernels *got)
{
    for (int n = 1; n <= 300; n++) {
        const int size = vp_ssim_padded(n), read = 2 * size + 2 * VP_SSIM_LANES;
        const float *row[VP_SSIM_HALF];
        for (int k = 0; k < VP_SSIM_HALF; k++) row[k] = floats(t, read, 255) + VP_SSIM_HALF / 2;
        float *const a = floats(t, size, 1), *const b = floats(t, size, 1);
        ref->halve_row(row, n, a);
        got->halve_row(row, n, b);
        vp_check_bytes(t, a, b, (size_t)n * sizeof *a, "halve_row n=%d", n);
        vp_check_free(t);
    }
}

void vp_check_family(VpCheck *t)
{
    VpSsimKernels ref, got;
    vp_ssim_kernels_init(&ref, 0);
    vp_ssim_kernels_init(&got, t->cpu);
    check_load(t, &ref, &got);
    check_window(t, &ref, &got);
    check_position(t, &ref, &got);
    check_halve(t, &ref, &got);
}

enum { WIDTH = 1920, POSITIONS = WIDTH - VP_SSIM_WINDOW + 1 };

typedef struct Bench {
    VpSsimKernels k;
    const uint8_t *sample;
    const float *x, *y, *map[VP_SSIM_MAPS][VP_SSIM_WINDOW], *row[VP_SSIM_HALF];
    float *out[VP_SSIM_MAPS];
} Bench;

static void call_load(void *arg)
{
    Bench *const b = arg;
    b->k.load(b->sample, 8, WIDTH, b->out[0]);
}

static void call_window(void *arg)
{
    Bench *const b = arg;
    b->k.window_row(b->x, b->y, POSITIONS, b->out);
}

static void call_position(void *arg)
{
    Bench *const b = arg;
    double sum[VP_SSIM_SUMS] = {0};
    b->k.position_row(b->map, POSITIONS, false, sum);
}

static void call_halve(void *arg)
{
    Bench *const b = arg;
    b->k.halve_row(b->row, WIDTH / 2, b->out[0]);
}

void vp_bench_family(VpCheck *t)
{
    Bench b;
    vp_ssim_kernels_init(&b.k, t->cpu);
    b.sample = vp_check_u8(t, WIDTH, 8, VP_CHECK_NOISE);
    const int size = WIDTH + 4 * VP_SSIM_LANES;
    b.x = floats(t, size, 255);
    b.y = floats(t, size, 255);
    for (int i = 0; i < VP_SSIM_MAPS; i++) {
        b.out[i] = floats(t, size, 1);
        for (int k = 0; k < VP_SSIM_WINDOW; k++) b.map[i][k] = floats(t, size, i < 2 ? 255 : 65025);
    }
    for (int k = 0; k < VP_SSIM_HALF; k++) b.row[k] = floats(t, size, 255) + VP_SSIM_HALF / 2;
    vp_bench(t, "ssim/load", "w=1920", call_load, &b);
    vp_bench(t, "ssim/window_row", "n=1910", call_window, &b);
    vp_bench(t, "ssim/position_row", "n=1910", call_position, &b);
    vp_bench(t, "ssim/halve_row", "n=960", call_halve, &b);
    vp_check_free(t);
}
