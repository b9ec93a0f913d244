#include "base/cpu.h"

#if defined(VP_ARM64)
#include "kernel/lanes_neon.h"

#include "kernel/float_adm_lanes.h"

void vp_float_adm_init_neon(VpFloatAdmKernels *k)
{
    k->split_rows = split_rows_neon;
    k->split_row = split_row_neon;
    k->decouple = decouple_neon;
    k->energy = energy_neon;
    k->masked_energy = masked_energy_neon;
}
#endif
