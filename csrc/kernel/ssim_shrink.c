/* The box filter before single-scale SSIM. */
#include <string.h>

#include "kernel/ssim.h"

/* Column sums of 32 bits, or a row of products; and a double for each result, or sums of pairs of columns. */
size_t vp_ssim_shrink_memory(int w, int factor)
{
    return ((size_t)w + 2 * (size_t)factor) * (sizeof(uint32_t) + sizeof(double));
}

/* Fills `factor` elements of 4 bytes on each side of row[0 .. w - 1]. */
static void mirror_margins(void *row, int w, int factor)
{
    char *const first = row;
    for (int i = 1; i <= factor; i++) {
        memcpy(first - 4 * i, first + 4 * vp_ssim_mirror(-i, w), 4);
        memcpy(first + 4 * (w - 1 + i), first + 4 * vp_ssim_mirror(w - 1 + i, w), 4);
    }
}

/* Two rows at a time, whose sums of bytes fit 16 bits. */
static void add_rows(const void *one, const void *two, int bpc, int w, uint32_t *sum)
{
    if (bpc == 8) {
        const uint8_t *const a = one, *const b = two;
        for (int x = 0; x < w; x++) sum[x] += (uint16_t)(a[x] + b[x]);
    } else {
        const uint16_t *const a = one, *const b = two;
        for (int x = 0; x < w; x++) sum[x] += (uint32_t)a[x] + b[x];
    }
}

static void add_pairs(const uint32_t *restrict in, ptrdiff_t n, uint32_t *restrict out)
{
    for (ptrdiff_t x = 0; x < n; x++) out[x] = in[2 * x] + in[2 * x + 1];
}

/* A factor that is a power of two divides exactly: integers, in any order. other: room for half a row of sums. */
static void exact_row(const VpPlane *src, int bpc, int factor, int y, uint32_t *sum, uint32_t *other, float *dst)
{
    const int w = src->w, h = src->h, half = factor / 2, sw = vp_ssim_shrunk(w, factor);
    const float scale = 1.0f / (float)(factor * factor << (bpc - 8));
    memset(sum, 0, (size_t)w * sizeof *sum);
    for (int v = y * factor - half; v < (y + 1) * factor - half; v += 2)
        add_rows(vp_row(src, vp_ssim_mirror(v, h)), vp_row(src, vp_ssim_mirror(v + 1, h)), bpc, w, sum);
    mirror_margins(sum, w, factor);
    uint32_t *in = sum - half, *out = other;
    for (int left = factor / 2; left; left /= 2) {
        add_pairs(in, sw * left, out);
        in = out;
        out = out == other ? sum : other;
    }
    for (int x = 0; x < sw; x++) dst[x] = (float)in[x] * scale;
}

/* Products in single precision, added in double precision in raster order. */
static void rounded_row(const VpSsimKernels *k, const VpPlane *src, int bpc, int factor, int y, float *product,
                        double *sum, float *dst)
{
    const int w = src->w, half = factor / 2, sw = vp_ssim_shrunk(w, factor);
    const float weight = 1.0f / (float)(factor * factor);
    for (int x = 0; x < sw; x++) sum[x] = 0;
    for (int v = -half; v < factor - half; v++) {
        k->load(vp_row(src, vp_ssim_mirror(y * factor + v, src->h)), bpc, w, product);
        for (int x = 0; x < w; x++) product[x] *= weight;
        mirror_margins(product, w, factor);
        for (int x = 0; x < sw; x++)
            for (int u = 0; u < factor; u++) sum[x] += (double)product[x * factor - half + u];
    }
    for (int x = 0; x < sw; x++) dst[x] = (float)sum[x];
}

void vp_ssim_shrink(const VpSsimKernels *k, const VpPlane *src, int bpc, int factor, float *dst, ptrdiff_t stride,
                    void *memory)
{
    double *const sum = memory;
    void *const row = (uint32_t *)(sum + src->w + 2 * factor) + factor;
    const int sh = vp_ssim_shrunk(src->h, factor);
    for (int y = 0; y < sh; y++, dst += stride) {
        if (factor & (factor - 1))
            rounded_row(k, src, bpc, factor, y, row, sum, dst);
        else
            exact_row(src, bpc, factor, y, row, memory, dst);
    }
}
