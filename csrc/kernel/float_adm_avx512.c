#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/lanes_avx512.h"

#include "kernel/float_adm_lanes.h"

void vp_float_adm_init_avx512(VpFloatAdmKernels *k)
{
    k->split_rows = split_rows_avx512;
    k->split_row = split_row_avx512;
    k->decouple = decouple_avx512;
    k->energy = energy_avx512;
    k->masked_energy = masked_energy_avx512;
}
#endif
