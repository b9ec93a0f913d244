#include "kernel/cambi.h"

#include "base/cpu.h"
#include "kernel/cambi_levels.h"

const uint8_t vp_cambi_weight[VP_CAMBI_DIFFS + 1] = {0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8,
                                                     8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};

static bool exceeds(const uint16_t *s, int w, int largest)
{
    int most = 0;
    for (int x = 0; x < w; x++) most = s[x] > most ? s[x] : most;
    return most > largest;
}

static void widen8(const uint8_t *s, int w, uint16_t *y)
{
    for (int x = 0; x < w; x++) y[x] = (uint16_t)(s[x] << 2);
}

static void scale16(const uint16_t *s, int w, int bpc, uint16_t *y)
{
    if (bpc <= 10) {
        for (int x = 0; x < w; x++) y[x] = (uint16_t)(s[x] << (10 - bpc));
    } else {
        const int round = 1 << (bpc - 11);
        for (int x = 0; x < w; x++) y[x] = (uint16_t)((s[x] + round) >> (bpc - 10));
    }
}

static void smooth(const uint16_t *a, const uint16_t *b, int w, uint16_t *y)
{
    for (int x = 0; x < w; x++) y[x] = (uint16_t)((a[x] + a[x + 1] + b[x] + b[x + 1]) >> 2);
}

static void flat(const uint16_t *a, const uint16_t *below, int w, uint8_t *z, uint8_t *sum)
{
    for (int x = 0; x < w; x++) {
        const uint8_t now = a[x] == a[x + 1] && a[x] == below[x];
        sum[x] = (uint8_t)(sum[x] + now - z[x]);
        z[x] = now;
    }
}

static void mask(const uint8_t *sum, int n, int step, int threshold, uint16_t *y)
{
    for (int i = 0; i < n; i++) {
        const uint8_t *const s = sum + i * step;
        int square = 0;
        for (int k = -VP_CAMBI_MASK_RADIUS; k <= VP_CAMBI_MASK_RADIUS; k++) square += s[k];
        if (square <= threshold) y[i] |= VP_CAMBI_UNMASKED;
    }
}

static void every_second(const uint16_t *y, int n, uint16_t *out)
{
    for (int i = 0; i < n; i++) out[i] = y[2 * i];
}

static uint16_t mode3(uint16_t a, uint16_t b, uint16_t c)
{
    const uint16_t least = a < b ? a : b;
    if (a == b || a == c) return a;
    if (b == c) return b;
    return least < c ? least : c;
}

static void mode_across(const uint16_t *y, int w, uint16_t *t)
{
    enum { CODE = VP_CAMBI_UNMASKED - 1 };
    t[0] = y[0] & CODE;
    for (int x = 1; x < w - 1; x++) t[x] = mode3(y[x - 1] & CODE, y[x] & CODE, y[x + 1] & CODE);
    t[w - 1] = y[w - 1] & CODE;
}

static void mode_down(const uint16_t *above, const uint16_t *t, const uint16_t *below, int w, uint16_t *y)
{
    for (int x = 0; x < w; x++) y[x] = (uint16_t)((y[x] & VP_CAMBI_UNMASKED) | mode3(above[x], t[x], below[x]));
}

static void codes(uint16_t *y, int w, int low, int n_codes)
{
    for (int x = 0; x < w; x++) {
        const uint16_t code = (uint16_t)(y[x] - low); /* an unmasked sample stays above all codes */
        y[x] = code < n_codes ? code : VP_CAMBI_NONE;
    }
}

/* The samples first .. end - 1 of one code: where their windows overlap, all of them count. */
static void add_run(uint16_t *row, int first, int end, int radius, int sign)
{
    const int length = end - first, span = length + 2 * radius;
    const int most = length < 2 * radius + 1 ? length : 2 * radius + 1;
    for (int i = 0; i < span; i++) {
        const int edge = i + 1 < span - i ? i + 1 : span - i;
        row[first + i] = (uint16_t)(row[first + i] + sign * (edge < most ? edge : most));
    }
}

static void slide_one(const VpCambiBand *band, uint16_t *count, ptrdiff_t stride, const uint16_t *code,
                      const uint16_t *other, int n, int sign)
{
    for (int x = 0, end; x < n; x = end) {
        end = x + 1;
        if (code[x] == other[x] || code[x] == VP_CAMBI_NONE) continue;
        while (end < n && code[end] == code[x] && code[end] != other[end]) end++;
        add_run(count + (code[x] + band->n_diffs) * stride, x, end, band->radius, sign);
    }
}

static void slide(const VpCambiBand *band, uint16_t *count, ptrdiff_t stride, const uint16_t *in, const uint16_t *out,
                  int n)
{
    slide_one(band, count, stride, in, out, n, 1);
    slide_one(band, count, stride, out, in, n, -1);
}

static int contrast(const VpCambiBand *band, const uint16_t *count, ptrdiff_t stride, const uint16_t *code, int n,
                    float *c)
{
    int found = 0;
    for (int x = 0; x < n; x++) {
        if (code[x] == VP_CAMBI_NONE || band->first[code[x]] > band->n_diffs) continue;
        const uint16_t *const own = count + (code[x] + band->n_diffs) * stride + x;
        float most = 0;
        for (int d = band->first[code[x]]; d <= band->n_diffs; d++) {
            const int above = own[d * stride], below = own[-d * stride];
            const int other = above > below ? above : below;
            const float value = (float)(vp_cambi_weight[d] * own[0] * other) * band->reciprocal[own[0] + other];
            most = value > most ? value : most;
        }
        c[found++] = most;
    }
    return found;
}

static int64_t sum(const float *c, size_t n, size_t *non_zero)
{
    int64_t total = 0;
    *non_zero = 0;
    for (size_t i = 0; i < n; i++) {
        total += vp_cambi_units(c[i]);
        *non_zero += c[i] > 0;
    }
    return total;
}

const VpCambiKernels vp_cambi_plain = {
    .exceeds = exceeds,
    .widen8 = widen8,
    .scale16 = scale16,
    .smooth = smooth,
    .flat = flat,
    .mask = mask,
    .every_second = every_second,
    .mode_across = mode_across,
    .mode_down = mode_down,
    .codes = codes,
    .slide = slide,
    .contrast = contrast,
    .sum = sum,
};

void vp_cambi_kernels_init(VpCambiKernels *k, unsigned cpu)
{
    *k = vp_cambi_plain;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) vp_cambi_kernels_avx2(k);
    if (cpu & VP_CPU_AVX512) vp_cambi_kernels_avx512(k);
#endif
#if defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) vp_cambi_kernels_neon(k);
#endif
    (void)cpu;
}
