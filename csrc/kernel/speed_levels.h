/* The instruction levels of kernel/speed.h. */
#ifndef VP_KERNEL_SPEED_LEVELS_H
#define VP_KERNEL_SPEED_LEVELS_H

#include "kernel/speed.h"

void vp_speed_kernels_avx2(VpSpeedKernels *k);
void vp_speed_kernels_avx512(VpSpeedKernels *k);

#endif
