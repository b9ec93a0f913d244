#include "kernel/adm.h"

#include "kernel/adm_levels.h"

void vp_adm_kernels_init(VpAdmKernels *k, unsigned cpu)
{
    vp_adm_wavelet_c(k);
    vp_adm_decouple_c(k);
    vp_adm_mask_c(k);
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) {
        vp_adm_wavelet_avx2(k);
        vp_adm_decouple_avx2(k);
        vp_adm_mask_avx2(k);
    }
    if (cpu & VP_CPU_AVX512) {
        vp_adm_wavelet_avx512(k);
        vp_adm_decouple_avx512(k);
        vp_adm_mask_avx512(k);
    }
    if (cpu & VP_CPU_AVX512_VNNI) vp_adm_wavelet_avx512_vnni(k);
#elif defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) {
        vp_adm_wavelet_neon(k);
        vp_adm_decouple_neon(k);
        vp_adm_mask_neon(k);
    }
#endif
    (void)cpu;
}
