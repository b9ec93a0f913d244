#include "base/cpu.h"

#if defined(VP_ARM64)
#include "kernel/lanes_neon.h"

#include "kernel/float_vif_lanes.h"

void vp_float_vif_init_neon(VpFloatVifKernels *k)
{
    k->moments = moments_neon;
    k->information = information_neon;
}
#endif
