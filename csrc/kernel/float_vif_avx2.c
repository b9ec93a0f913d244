#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/lanes_avx2.h"

#include "kernel/float_vif_lanes.h"

void vp_float_vif_init_avx2(VpFloatVifKernels *k)
{
    k->moments = moments_avx2;
    k->information = information_avx2;
}
#endif
