/* Colour difference CIEDE2000 of rows of samples.
 *
 * G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary test
 * data, and mathematical observations", Color Research and Application 30(1), 2005; with k_L = 0.65, k_C = 1, k_H = 4.
 * Samples are BT.709 of limited range. Double precision with the stored values of libvmaf in single precision; powers
 * and angles are the functions of ciede_math.h, the same at every level, so that all levels return the same bits. */
#ifndef VP_KERNEL_CIEDE_H
#define VP_KERNEL_CIEDE_H

#include <stdint.h>

#include "base/cpu.h"
#include "base/plane.h"

enum { VP_CIEDE_LANES = 8 };

typedef struct VpCiedeKernels {
    /* Adds the differences of n pixels to *sum, from first to last. ref, dis: Y, Cb, Cr of each pixel, rounded up to
     * a multiple of VP_CIEDE_LANES samples, whatever stands in the excess. */
    void (*row)(const uint16_t *const ref[3], const uint16_t *const dis[3], int bpc, int n, double *sum);
} VpCiedeKernels;

void vp_ciede_kernels_init(VpCiedeKernels *k, unsigned cpu);

static inline int vp_ciede_padded(int n)
{
    return (n + VP_CIEDE_LANES - 1) / VP_CIEDE_LANES * VP_CIEDE_LANES;
}

/* Chroma samples of luma row y, w of them: repeated as libvmaf repeats them. See ciede_chroma.c. */
void vp_ciede_chroma_row(const VpPlane *chroma, enum VmafPixelFormat pix_fmt, int bpc, int y, int w, uint16_t *dst);

#endif
