#include "kernel/ciede.h"

#include "kernel/reals_scalar.h"
/* the type of a real before what computes with it */
#include "kernel/ciede_rows.h"

void vp_ciede_kernels_init(VpCiedeKernels *k, unsigned cpu)
{
    k->row = vp_ciede_row_c;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) k->row = vp_ciede_row_avx2;
    if (cpu & VP_CPU_AVX512) k->row = vp_ciede_row_avx512;
#elif defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) k->row = vp_ciede_row_neon;
#endif
    (void)cpu;
}
