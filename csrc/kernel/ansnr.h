/* Signal and noise of float_ansnr: the reference through a 3x3 low-pass filter, the distorted through one of 5x5. */
#ifndef VP_KERNEL_ANSNR_H
#define VP_KERNEL_ANSNR_H

#include <stddef.h>

#include "base/plane.h"
#include "kernel/float_rows.h"

/* Room for vp_ansnr() on pictures w wide, in bytes. */
size_t vp_ansnr_memory(int w);

/* signal: sum of R^2, noise: sum of (R - D)^2 of the filtered luma planes R and D of a pair of at least 3x3. Single
 * precision: a sum over each row, then over rows. memory: vp_ansnr_memory() bytes, zero before the first use. */
void vp_ansnr(const VpFloatRows *k, const VpPlane *ref, const VpPlane *dis, int bpc, void *memory, float *signal,
              float *noise);

#endif
