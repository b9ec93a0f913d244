/* Sums of squares over a row of samples: PSNR and moments.
 *
 * Rows need no alignment beyond that of a sample; nothing is read past sample w - 1. w >= 0. All sums are exact, so
 * every level returns the same integers. */
#ifndef VP_KERNEL_SQUARES_H
#define VP_KERNEL_SQUARES_H

#include <stdint.h>

#include "base/cpu.h"
#include "base/plane.h"

typedef struct VpSquares {
    /* Sum of (a - b)^2. */
    uint64_t (*distance8)(const uint8_t *a, const uint8_t *b, int w);
    uint64_t (*distance16)(const uint16_t *a, const uint16_t *b, int w);
    /* Sum of a, and of a^2. */
    void (*moments8)(const uint8_t *a, int w, uint64_t sum[2]);
    void (*moments16)(const uint16_t *a, int w, uint64_t sum[2]);
} VpSquares;

void vp_squares_init(VpSquares *k, unsigned cpu);

/* Sum of (a - b)^2 over two planes of one size. 16 bits a sample: up to 2^32 samples. */
uint64_t vp_squares_distance(const VpSquares *k, const VpPlane *a, const VpPlane *b, int bpc);
/* Sum of a and of a^2 over a plane. */
void vp_squares_moments(const VpSquares *k, const VpPlane *a, int bpc, uint64_t sum[2]);

/* The same sums in the arithmetic of the float features: samples scaled to the range of 8 bits, each square rounded to
 * single precision, squares added in double precision in raster order. To be used where a square of two samples can
 * have more than 24 bits. b NULL: of a alone. */
double vp_squares_float(const VpPlane *a, const VpPlane *b, int bpc);

#endif
