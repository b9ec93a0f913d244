/* Chroma at luma resolution. libvmaf repeats samples by position in memory, rows of a multiple of 32 samples with zeros
 * at their ends, and its scores come with what that yields at odd sizes and for 4:2:2. That is repeated here as far as
 * it is defined: where libvmaf leaves the plane, or takes the next row for the sample that an odd width lacks, the last
 * sample stands in. */
#include "kernel/ciede.h"

enum { PITCH = 32 };

static int sample(const VpPlane *plane, int bpc, int x, int y)
{
    const void *const row = vp_row(plane, y);
    return bpc == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

static int clamp(int y, int h)
{
    return y < h ? y : h - 1;
}

static void repeat(const VpPlane *p, int bpc, int y, int w, uint16_t *dst)
{
    const void *const row = vp_row(p, clamp(y / 2, p->h));
    if (bpc == 8) {
        const uint8_t *const s = row;
        for (int x = 0; x < p->w; x++) dst[2 * x] = dst[2 * x + 1] = s[x];
    } else {
        const uint16_t *const s = row;
        for (int x = 0; x < p->w; x++) dst[2 * x] = dst[2 * x + 1] = s[x];
    }
    if (w > 2 * p->w) dst[w - 1] = p->w % PITCH ? 0 : dst[w - 2];
}

/* Rows are halved, columns are not: x runs on into the end of the row and the rows after it. */
static void run_on(const VpPlane *p, int bpc, int y, int w, uint16_t *dst)
{
    const int pitch = (p->w + PITCH - 1) / PITCH * PITCH;
    for (int x = 0; x < w; x++) {
        const int column = x % pitch;
        dst[x] = column < p->w ? (uint16_t)sample(p, bpc, column, clamp(y / 2 + x / pitch, p->h)) : 0;
    }
}

void vp_ciede_chroma_row(const VpPlane *chroma, enum VmafPixelFormat pix_fmt, int bpc, int y, int w, uint16_t *dst)
{
    switch (pix_fmt) {
    case VMAF_PIX_FMT_YUV420P: repeat(chroma, bpc, y, w, dst); break;
    case VMAF_PIX_FMT_YUV422P: run_on(chroma, bpc, y, w, dst); break;
    default:
        for (int x = 0; x < w; x++) dst[x] = (uint16_t)sample(chroma, bpc, x, y);
    }
}
