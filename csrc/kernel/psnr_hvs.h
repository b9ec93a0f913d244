/* PSNR-HVS-M: squared error of 8x8 DCT coefficients, weighted by contrast sensitivity, less what the block masks.
 *
 * N. Ponomarenko, F. Silvestri, K. Egiazarian, M. Carli, J. Astola, V. Lukin, "On between-coefficient contrast masking
 * of DCT basis functions", VPQM 2007. Integer transform of 32 bits; all else in single precision. */
#ifndef VP_KERNEL_PSNR_HVS_H
#define VP_KERNEL_PSNR_HVS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "base/plane.h"

enum {
    VP_HVS_SIZE = 8, /* of a block */
    VP_HVS_STEP = 7, /* from one block to the next */
    VP_HVS_COEFFICIENTS = VP_HVS_SIZE * VP_HVS_SIZE,
    VP_HVS_GROUP = 16, /* blocks of a row that a kernel takes at once */
};

/* From a sum of squared deviations of 64 or 16 samples to the variance times as many. */
#define VP_HVS_BLOCK_VARIANCE ((float)(1.0 / 63) * 64)
#define VP_HVS_QUADRANT_VARIANCE ((float)(1.0 / 15) * 16)

/* Weights of one plane. */
typedef struct VpHvsTable {
    float csf[VP_HVS_COEFFICIENTS];
    float mask[VP_HVS_COEFFICIENTS];
} VpHvsTable;

/* plane: 0 Y, 1 Cb, 2 Cr. */
void vp_hvs_table(int plane, VpHvsTable *table);

/* The sum over a plane: terms block by block, coefficients in raster order, one single-precision addition at a time.
 * Those of the last group may still wait, for they can be added while the next is computed: the sum is a chain that
 * would otherwise take as long as all else. */
typedef struct VpHvsSum {
    float total;
    float waiting[VP_HVS_COEFFICIENTS * VP_HVS_GROUP]; /* 0 or more; coefficient i of block b in [i * 16 + b] */
} VpHvsSum;

/* The sum with all its terms. */
float vp_hvs_total(const VpHvsSum *sum);

/* Up to VP_HVS_GROUP neighbouring blocks: adds what waits, then their terms or leaves them waiting. ref, dis: top left
 * sample of the first block; strides in bytes. Reads the 8 rows of the 7 * blocks + 1 columns and nothing else. Samples
 * may have any value of their type; beyond 12 bits the transform wraps. */
typedef struct VpHvsKernels {
    void (*group8)(const VpHvsTable *t, const uint8_t *ref, ptrdiff_t ref_stride, const uint8_t *dis,
                   ptrdiff_t dis_stride, int blocks, VpHvsSum *sum);
    void (*group16)(const VpHvsTable *t, const uint16_t *ref, ptrdiff_t ref_stride, const uint16_t *dis,
                    ptrdiff_t dis_stride, int blocks, VpHvsSum *sum);
} VpHvsKernels;

void vp_hvs_kernels_init(VpHvsKernels *k, unsigned cpu);

/* Mean weighted squared error of a plane of at least 8x8, relative to the squared peak. */
double vp_hvs_plane(const VpHvsKernels *k, const VpHvsTable *t, const VpPlane *ref, const VpPlane *dis, int bpc);

#endif
