#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/lanes_avx512.h"

#include "kernel/float_vif_lanes.h"

void vp_float_vif_init_avx512(VpFloatVifKernels *k)
{
    k->moments = moments_avx512;
    k->information = information_avx512;
}
#endif
