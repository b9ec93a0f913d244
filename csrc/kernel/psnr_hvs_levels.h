/* PSNR-HVS: the functions of each instruction level, for the table in psnr_hvs.c. */
#ifndef VP_KERNEL_PSNR_HVS_LEVELS_H
#define VP_KERNEL_PSNR_HVS_LEVELS_H

#include "kernel/psnr_hvs.h"

#define VP_HVS_LEVEL(level)                                                                                          \
    void vp_hvs_group8_##level(const VpHvsTable *t, const uint8_t *ref, ptrdiff_t ref_stride, const uint8_t *dis,    \
                               ptrdiff_t dis_stride, int blocks, VpHvsSum *sum);                                        \
    void vp_hvs_group16_##level(const VpHvsTable *t, const uint16_t *ref, ptrdiff_t ref_stride, const uint16_t *dis, \
                                ptrdiff_t dis_stride, int blocks, VpHvsSum *sum)

VP_HVS_LEVEL(c);
VP_HVS_LEVEL(avx2);
VP_HVS_LEVEL(avx512);
VP_HVS_LEVEL(neon);

#undef VP_HVS_LEVEL
#endif
