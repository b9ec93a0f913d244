#include "kernel/adm.h"

#include "kernel/adm_levels.h"

void vp_adm_kernels_init(VpAdmKernels *k, unsigned cpu)
{
    (void)cpu;
    vp_adm_wavelet_c(k);
    vp_adm_decouple_c(k);
    vp_adm_mask_c(k);
}
