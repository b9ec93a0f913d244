#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/speed_levels.h"

#define VP_LEVEL VP_AVX2
#define VP_VECTOR 32
#include "kernel/speed_loops.h"

void vp_speed_kernels_avx2(VpSpeedKernels *k)
{
    *k = level_kernels;
}
#endif
