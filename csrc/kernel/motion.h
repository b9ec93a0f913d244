/* Integer motion: how much the low-passed luma changes from one frame to another.
 *
 * The signed difference of the frames is filtered with a 5 x 5 separable low-pass, the vertical pass first, each pass
 * rounded; the score is the sum of the magnitudes. In the fixed point of libvmaf 3.2: rounding makes it matter that
 * the difference is filtered, not the frames, and which frame is subtracted. */
#ifndef VP_KERNEL_MOTION_H
#define VP_KERNEL_MOTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/plane.h"

enum { VP_MOTION_RADIUS = 2, VP_MOTION_TAPS = 5, VP_MOTION_PAD = 64 };
extern const int16_t vp_motion_filter[VP_MOTION_TAPS]; /* sum 65536 */

/* Rows of differences hold the w columns from entry VP_MOTION_RADIUS on, two reflected ones on either side of them,
 * and VP_MOTION_PAD entries that vector code may read. From 15 bits per sample on the wide functions serve, with
 * int32_t rows instead of int16_t, so that in the others the sum of two differences fits 16 bits. `work`: as many
 * entries as a row. w: 3 or more. */
typedef struct VpMotionKernels {
    /* prev - cur, without the reflected columns; is any of them not 0? */
    bool (*diff8)(const uint8_t *prev, const uint8_t *cur, int w, int16_t *d);
    bool (*diff16)(const uint16_t *prev, const uint16_t *cur, int w, int16_t *d); /* 9 to 14 bits per sample */
    bool (*diff_wide)(const uint16_t *prev, const uint16_t *cur, int w, int32_t *d);
    /* The sum of the magnitudes of one filtered row, from the five rows around it. bpc: bits per
     * sample, 8 to 14. */
    uint64_t (*row)(const void *const d[VP_MOTION_TAPS], int w, int bpc, int32_t *work);
    uint64_t (*row_wide)(const void *const d[VP_MOTION_TAPS], int w, int bpc, int32_t *work); /* 15, 16 */
} VpMotionKernels;

/* cpu: VP_CPU_ flags */
void vp_motion_kernels_init(VpMotionKernels *k, unsigned cpu);

/* Bytes of memory that vp_motion_sad() needs for pictures w samples wide. */
size_t vp_motion_memory(int w);
/* The sum over the picture. Sides equal and at least 3; bytes at 8 bits per sample, else uint16_t. */
uint64_t vp_motion_sad(const VpMotionKernels *k, const VpPlane *prev, const VpPlane *cur, int bpc, void *memory);

#endif
