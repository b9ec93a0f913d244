/* The box filter before single-scale SSIM. */
#include <string.h>

#include "kernel/ssim.h"

/* Column sums of 32 bits, or a row of products; and a double for each result. */
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

static void add_row(const void *src, int bpc, int w, uint32_t *sum)
{
    if (bpc == 8) {
        const uint8_t *const s = src;
        for (int x = 0; x < w; x++) sum[x] += s[x];
    } else {
        const uint16_t *const s = src;
        for (int x = 0; x < w; x++) sum[x] += s[x];
    }
}

/* A factor that is a power of two divides exactly: integers, in any order. */
static void exact_row(const VpPlane *src, int bpc, int factor, int y, uint32_t *sum, float *dst)
{
    const int w = src->w, half = factor / 2, sw = vp_ssim_shrunk(w, factor);
    const float scale = 1.0f / (float)(factor * factor << (bpc - 8));
    memset(sum, 0, (size_t)w * sizeof *sum);
    for (int v = -half; v < factor - half; v++)
        add_row(vp_row(src, vp_ssim_mirror(y * factor + v, src->h)), bpc, w, sum);
    mirror_margins(sum, w, factor);
    for (int x = 0; x < sw; x++) {
        uint32_t total = 0;
        for (int u = 0; u < factor; u++) total += sum[x * factor - half + u];
        dst[x] = (float)total * scale;
    }
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
            exact_row(src, bpc, factor, y, row, dst);
    }
}
