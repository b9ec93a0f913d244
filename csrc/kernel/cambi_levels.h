/* The instruction levels of kernel/cambi.h: each replaces the entries it has. */
#ifndef VP_KERNEL_CAMBI_LEVELS_H
#define VP_KERNEL_CAMBI_LEVELS_H

#include "base/cpu.h"
#include "kernel/cambi.h"

#if defined(VP_X86)
void vp_cambi_kernels_avx2(VpCambiKernels *k);
void vp_cambi_kernels_avx512(VpCambiKernels *k);
/* part of the first: all of vp_cambi_kernels_avx2() that looks at pictures rather than at counts */
void vp_cambi_picture_kernels_avx2(VpCambiKernels *k);
#endif
#if defined(VP_ARM64)
void vp_cambi_kernels_neon(VpCambiKernels *k);
#endif

#endif
