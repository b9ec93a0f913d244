#include <string.h>

#include "check.h"
#include "kernel/cambi_limits.h"

enum { PAD = VP_CAMBI_PAD, WIDTHS = 140 };

static VpCambiBand band; /* large; filled for each check */

/* Samples as pictures have them: runs of near codes, some unmasked. */
static uint16_t *samples(VpCheck *t, int n)
{
    uint16_t *const y = vp_check_alloc(t, (size_t)n, sizeof *y);
    const int low = vp_check_range(t, 0, 1), base = vp_check_range(t, 0, 1020), longest = vp_check_range(t, 1, 40);
    for (int x = 0, end; x < n; x = end) {
        const int code = low ? base + vp_check_range(t, 0, 4) : vp_check_range(t, 0, 1024);
        const int flag = vp_check_range(t, 0, 3) ? 0 : VP_CAMBI_UNMASKED;
        end = x + vp_check_range(t, 1, longest);
        for (int i = x; i < n && i < end; i++) y[i] = (uint16_t)(code | flag);
    }
    return y;
}

static uint16_t *copy(VpCheck *t, const uint16_t *y, int n)
{
    uint16_t *const out = vp_check_alloc(t, (size_t)n, sizeof *out);
    memcpy(out, y, (size_t)n * sizeof *out);
    return out;
}

static void check_input(VpCheck *t, const VpCambiKernels *ref, const VpCambiKernels *got)
{
    for (int w = 1; w <= WIDTHS; w++) {
        uint16_t *const a = vp_check_alloc(t, (size_t)w, 2), *const b = vp_check_alloc(t, (size_t)w, 2);
        const uint8_t *const bytes = vp_check_u8(t, w, 8, VP_CHECK_ANY);
        ref->widen8(bytes, w, a);
        got->widen8(bytes, w, b);
        vp_check_bytes(t, a, b, (size_t)w * 2, "widen8 w=%d", w);

        const int bpc = vp_check_range(t, 9, 16);
        const uint16_t *const words = vp_check_u16(t, w, bpc, VP_CHECK_ANY);
        ref->scale16(words, w, bpc, a);
        got->scale16(words, w, bpc, b);
        vp_check_bytes(t, a, b, (size_t)w * 2, "scale16 bpc=%d w=%d", bpc, w);

        const int largest = words[vp_check_range(t, 0, w - 1)] - vp_check_range(t, 0, 1);
        if (largest > 0)
            vp_check_u64(t, ref->exceeds(words, w, largest), got->exceeds(words, w, largest), "exceeds w=%d", w);

        uint16_t *const above = samples(t, w + 1), *const below = samples(t, w + 1);
        for (int x = 0; x <= w; x++) { /* there are no masks yet */
            above[x] &= VP_CAMBI_UNMASKED - 1;
            below[x] &= VP_CAMBI_UNMASKED - 1;
        }
        ref->smooth(above, below, w, a);
        got->smooth(above, below, w, b);
        vp_check_bytes(t, a, b, (size_t)w * 2, "smooth w=%d", w);
        vp_check_free(t);
    }
}

static void check_mask(VpCheck *t, const VpCambiKernels *ref, const VpCambiKernels *got)
{
    enum { REACH = VP_CAMBI_MASK_RADIUS };
    for (int w = 1; w <= WIDTHS; w++) {
        const uint16_t *const a = samples(t, w + 1);
        const uint16_t *const below = vp_check_range(t, 0, 1) ? copy(t, a, w) : samples(t, w);
        uint8_t *const z = vp_check_alloc(t, (size_t)w, 1), *const z2 = vp_check_alloc(t, (size_t)w, 1);
        uint8_t *const sum = vp_check_alloc(t, (size_t)(w + 2 * REACH + PAD), 1);
        uint8_t *const sum2 = vp_check_alloc(t, (size_t)(w + 2 * REACH + PAD), 1);
        for (int x = 0; x < w; x++) z[x] = z2[x] = (uint8_t)vp_check_range(t, 0, 1);
        for (int x = 0; x < w + 2 * REACH + PAD; x++) sum[x] = sum2[x] = (uint8_t)vp_check_range(t, 1, 6);
        ref->flat(a, below, w, z, sum + REACH);
        got->flat(a, below, w, z2, sum2 + REACH);
        vp_check_bytes(t, z, z2, (size_t)w, "flat, z, w=%d", w);
        vp_check_bytes(t, sum, sum2, (size_t)(w + 2 * REACH), "flat, sums, w=%d", w);

        const int step = vp_check_range(t, 1, 2), n = (w + step - 1) / step, threshold = vp_check_range(t, 7, 40);
        uint16_t *const y = samples(t, n), *const y2 = copy(t, y, n);
        ref->mask(sum + REACH, n, step, threshold, y);
        got->mask(sum + REACH, n, step, threshold, y2);
        vp_check_bytes(t, y, y2, (size_t)n * 2, "mask step=%d n=%d", step, n);

        const uint16_t *const odd = samples(t, 2 * w - 1); /* the last odd sample does not exist */
        uint16_t *const e = vp_check_alloc(t, (size_t)w, 2), *const e2 = vp_check_alloc(t, (size_t)w, 2);
        ref->every_second(odd, w, e);
        got->every_second(odd, w, e2);
        vp_check_bytes(t, e, e2, (size_t)w * 2, "every_second n=%d", w);
        vp_check_free(t);
    }
}

static void check_filter(VpCheck *t, const VpCambiKernels *ref, const VpCambiKernels *got)
{
    for (int w = 1; w <= WIDTHS; w++) {
        uint16_t *const y = samples(t, w), *row[3], *const other = vp_check_alloc(t, (size_t)w, 2);
        for (int i = 0; i < 3; i++) {
            row[i] = vp_check_alloc(t, (size_t)w, 2);
            const uint16_t *const in = i == 1 ? y : samples(t, w);
            ref->mode_across(in, w, row[i]);
            got->mode_across(in, w, other);
            vp_check_bytes(t, row[i], other, (size_t)w * 2, "mode_across w=%d", w);
        }
        uint16_t *const y2 = copy(t, y, w);
        ref->mode_down(row[0], row[1], row[2], w, y);
        got->mode_down(row[0], row[1], row[2], w, y2);
        vp_check_bytes(t, y, y2, (size_t)w * 2, "mode_down w=%d", w);

        const int low = vp_check_range(t, 0, 1000), n_codes = vp_check_range(t, 0, VP_CAMBI_CODES - low);
        ref->codes(y, w, low, n_codes);
        got->codes(y2, w, low, n_codes);
        vp_check_bytes(t, y, y2, (size_t)w * 2, "codes low=%d n=%d w=%d", low, n_codes, w);
        vp_check_free(t);
    }
}

/* A row of codes, nothing readable after its padding. */
static uint16_t *codes(VpCheck *t, const VpCambiKernels *ref, int n)
{
    uint16_t *const y = samples(t, n + PAD);
    ref->codes(y, n + PAD, band.low, band.n_codes);
    return y;
}

static void choose_band(VpCheck *t)
{
    const int window = 2 * vp_check_range(t, 0, VP_CAMBI_WINDOW / 2) + 1, n_diffs = 1 << vp_check_range(t, 0, 5);
    const double light = vp_check_range(t, 0, 3) ? 0 : 3;
    vp_cambi_band_init(&band, vp_check_range(t, 0, 1), 0.019, light, n_diffs, window);
}

static void check_slide(VpCheck *t, const VpCambiKernels *ref, const VpCambiKernels *got)
{
    for (int n = 1; n <= VP_CAMBI_TILE + VP_CAMBI_WINDOW; n++) {
        choose_band(t);
        const ptrdiff_t stride = n + 2 * band.radius + PAD;
        const size_t size = (size_t)(band.n_codes + 2 * band.n_diffs) * (size_t)stride;
        uint16_t *const a = vp_check_alloc(t, size, sizeof *a), *const b = vp_check_alloc(t, size, sizeof *b);
        memcpy(b, a, size * sizeof *a);
        const uint16_t *const in = codes(t, ref, n);
        uint16_t *const out = vp_check_range(t, 0, 1) ? codes(t, ref, n) : copy(t, in, n + PAD);
        for (int i = vp_check_range(t, 0, 5); i > 0; i--) out[vp_check_range(t, 0, n - 1)] = VP_CAMBI_NONE;
        ref->slide(&band, a, stride, in, out, n);
        got->slide(&band, b, stride, in, out, n);
        vp_check_bytes(t, a, b, size * sizeof *a, "slide radius=%d n=%d", band.radius, n);
        vp_check_free(t);
    }
}

static void check_contrast(VpCheck *t, const VpCambiKernels *ref, const VpCambiKernels *got)
{
    for (int n = 1; n <= VP_CAMBI_TILE; n++) {
        choose_band(t);
        const int window = 2 * band.radius + 1, most = vp_check_range(t, 0, window * window / 2);
        const ptrdiff_t stride = n + PAD;
        const size_t size = (size_t)(band.n_codes + 2 * band.n_diffs) * (size_t)stride;
        uint16_t *const count = vp_check_alloc(t, size, sizeof *count);
        const int sparse = vp_check_range(t, 0, 2);
        for (size_t i = 0; i < size; i++)
            count[i] = sparse && vp_check_range(t, 0, sparse * 4) ? 0 : (uint16_t)vp_check_range(t, 0, most);
        const uint16_t *const code = codes(t, ref, n);
        float *const a = vp_check_alloc(t, (size_t)(n + PAD), sizeof *a);
        float *const b = vp_check_alloc(t, (size_t)(n + PAD), sizeof *b);
        const int found = ref->contrast(&band, count, stride, code, n, a);
        vp_check_u64(t, (uint64_t)found, (uint64_t)got->contrast(&band, count, stride, code, n, b), "contrast n=%d", n);
        vp_check_bytes(t, a, b, (size_t)found * sizeof *a, "contrast n=%d, steps %d", n, band.n_diffs);
        vp_check_free(t);
    }
}

static void check_sum(VpCheck *t, const VpCambiKernels *ref, const VpCambiKernels *got)
{
    for (int n = 0; n <= 9000; n = n < 40 ? n + 1 : n * 2 + 1) {
        float *const c = vp_check_alloc(t, (size_t)n + 1, sizeof *c);
        const int full = vp_check_range(t, 0, 1);
        for (int i = 0; i < n; i++)
            c[i] = full ? 9505.999f : vp_check_range(t, 0, 1) ? 0 : 0.5f + (float)vp_check_range(t, 0, 1 << 23) / 16384;
        size_t some = 0, other = 0;
        vp_check_u64(t, (uint64_t)ref->sum(c, (size_t)n, &some), (uint64_t)got->sum(c, (size_t)n, &other), "sum %d", n);
        vp_check_u64(t, some, other, "sum, not 0, n=%d", n);
        vp_check_free(t);
    }
}

/* libvmaf 3.2's facts: limits of brightness, and which reciprocals of nine decimals are not the nearest ones. */
static void check_limits(VpCheck *t)
{
    static const int bt1886[] = {178, 305, 432, 559, 686, 813, 1023, 1023}, pq[] = {233, 1023};
    static const int uneven[] = {82,   83,   244,  488,  504,  510,  528,  564,  614,  664,  749,
                                 760,  892,  1419, 1699, 1906, 2040, 2071, 2112, 2223, 2443, 2555, 2740, 2927, 3285, 3515, 3525,
                                 3705, 3795, 3797, 3812, 3837, 3885, 4033, 4080, 4091, 4095, 4130, 4142, 4203, 4218, 4224};
    for (int d = 1; d <= 8; d++)
        vp_check_u64(t, (uint64_t)bt1886[d - 1], (uint64_t)vp_cambi_brightest(VP_EOTF_BT1886, d, 0.019), "d=%d", d);
    for (int d = 1; d <= 2; d++)
        vp_check_u64(t, (uint64_t)pq[d - 1], (uint64_t)vp_cambi_brightest(VP_EOTF_PQ, d, 0.019), "pq d=%d", d);
    vp_check_u64(t, 78, (uint64_t)vp_cambi_darkest(VP_EOTF_BT1886, 0.06), "0.06 cd/m2");
    vp_check_u64(t, 214, (uint64_t)vp_cambi_darkest(VP_EOTF_BT1886, 5), "5 cd/m2");
    vp_check_u64(t, 108, (uint64_t)vp_cambi_darkest(VP_EOTF_PQ, 0.06), "pq 0.06 cd/m2");
    vp_cambi_band_init(&band, VP_EOTF_BT1886, 0.019, 0, 4, VP_CAMBI_WINDOW);
    size_t at = 0;
    for (int n = 1; n <= VP_CAMBI_WINDOW * VP_CAMBI_WINDOW; n++) {
        const int is_uneven = at < sizeof uneven / sizeof *uneven && uneven[at] == n;
        vp_check_u64(t, (uint64_t)is_uneven, band.reciprocal[n] != 1.0f / (float)n, "1 / %d", n);
        at += (size_t)is_uneven;
    }
}

void vp_check_family(VpCheck *t)
{
    VpCambiKernels ref, got;
    vp_cambi_kernels_init(&ref, 0);
    vp_cambi_kernels_init(&got, t->cpu);
    check_limits(t);
    check_input(t, &ref, &got);
    check_mask(t, &ref, &got);
    check_filter(t, &ref, &got);
    check_slide(t, &ref, &got);
    check_contrast(t, &ref, &got);
    check_sum(t, &ref, &got);
}

enum { W = 1920, TILE = VP_CAMBI_TILE };
typedef struct Bench {
    VpCambiKernels k;
    const uint8_t *bytes;
    uint16_t *a, *b, *c, *count;
    const uint16_t *code[2];
    uint8_t *z, *sum;
    float *contrast;
    ptrdiff_t stride;
} Bench;

static void bench_widen8(void *arg)
{
    Bench *const b = arg;
    b->k.widen8(b->bytes, W, b->a);
}

static void bench_smooth(void *arg)
{
    Bench *const b = arg;
    b->k.smooth(b->a, b->b, W, b->c);
}

static void bench_flat(void *arg)
{
    Bench *const b = arg;
    b->k.flat(b->a, b->b, W, b->z, b->sum + VP_CAMBI_MASK_RADIUS);
}

static void bench_mask(void *arg)
{
    Bench *const b = arg;
    b->k.mask(b->sum + VP_CAMBI_MASK_RADIUS, W / 2, 2, 22, b->c);
}

static void bench_mode(void *arg)
{
    Bench *const b = arg;
    b->k.mode_across(b->a, W, b->c);
    b->k.mode_down(b->a, b->c, b->b, W, b->c);
}

static void bench_slide(void *arg) /* there and back, so that counts stay */
{
    Bench *const b = arg;
    b->k.slide(&band, b->count, b->stride, b->code[0], b->code[1], TILE);
    b->k.slide(&band, b->count, b->stride, b->code[1], b->code[0], TILE);
}

static void bench_contrast(void *arg)
{
    Bench *const b = arg;
    b->k.contrast(&band, b->count, b->stride, b->code[0], TILE, b->contrast);
}

void vp_bench_family(VpCheck *t)
{
    Bench b = {.bytes = vp_check_u8(t, W, 8, VP_CHECK_NOISE)};
    vp_cambi_kernels_init(&b.k, t->cpu);
    vp_cambi_band_init(&band, VP_EOTF_BT1886, 0.019, 0.06, 4, 17);
    b.a = samples(t, W + 1);
    b.b = samples(t, W + 1);
    b.c = samples(t, W + 1);
    b.z = vp_check_u8(t, W, 1, VP_CHECK_NOISE);
    b.sum = vp_check_u8(t, W + 2 * VP_CAMBI_MASK_RADIUS + PAD, 2, VP_CHECK_NOISE);
    b.stride = TILE + 2 * band.radius + PAD;
    const size_t size = (size_t)(band.n_codes + 2 * band.n_diffs) * (size_t)b.stride;
    b.count = vp_check_alloc(t, size, sizeof *b.count);
    for (size_t i = 0; i < size; i++) b.count[i] = (uint16_t)vp_check_range(t, 0, 100);
    for (int i = 0; i < 2; i++) b.code[i] = codes(t, &b.k, TILE);
    b.contrast = vp_check_alloc(t, TILE + PAD, sizeof *b.contrast);
    vp_bench(t, "cambi/widen8", "w=1920", bench_widen8, &b);
    vp_bench(t, "cambi/smooth", "w=1920", bench_smooth, &b);
    vp_bench(t, "cambi/flat", "w=1920", bench_flat, &b);
    vp_bench(t, "cambi/mask", "w=1920, every second", bench_mask, &b);
    vp_bench(t, "cambi/mode", "w=1920", bench_mode, &b);
    vp_bench(t, "cambi/slide", "w=128, twice", bench_slide, &b);
    vp_bench(t, "cambi/contrast", "w=128", bench_contrast, &b);
}
