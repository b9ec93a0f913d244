#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/lanes_avx2.h"

#include "kernel/float_adm_lanes.h"

void vp_float_adm_init_avx2(VpFloatAdmKernels *k)
{
    k->split_rows = split_rows_avx2;
    k->split_row = split_row_avx2;
    k->decouple = decouple_avx2;
    k->energy = energy_avx2;
    k->masked_energy = masked_energy_avx2;
}
#endif
