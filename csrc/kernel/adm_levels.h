/* Integer ADM: what each instruction level puts into the table. Contracts in adm.h; plain C is the definition and
 * fills every entry. */
#ifndef VP_KERNEL_ADM_LEVELS_H
#define VP_KERNEL_ADM_LEVELS_H

#include "base/cpu.h"
#include "kernel/adm.h"

/* The wavelet's taps in units of 2^-15.5. The low-pass ones sum to 46342, the high-pass ones to 0. */
#define VP_ADM_LOW 15826, 27411, 7345, -4240
#define VP_ADM_HIGH -4240, -7345, 27411, -15826

#define VP_ADM_COS2 0x1.FFD814p-1f /* the squared cosine of one degree */

/* Is the angle between (oh, ov) and (th, tv) below one degree? The integers are exact, then rounded to float once.
 * Coefficients of any scale. */
static inline bool vp_adm_is_close(int64_t oh, int64_t ov, int64_t th, int64_t tv)
{
    const float dp = (float)(oh * th + ov * tv), om = (float)(oh * oh + ov * ov), tm = (float)(th * th + tv * tv);
    return dp >= 0 && (double)dp * dp >= (double)VP_ADM_COS2 * om * tm;
}

void vp_adm_wavelet_c(VpAdmKernels *k);
void vp_adm_decouple_c(VpAdmKernels *k);
void vp_adm_mask_c(VpAdmKernels *k);

#if defined(VP_X86)
void vp_adm_wavelet_avx2(VpAdmKernels *k);
void vp_adm_decouple_avx2(VpAdmKernels *k);
void vp_adm_mask_avx2(VpAdmKernels *k);
void vp_adm_wavelet_avx512(VpAdmKernels *k);
void vp_adm_wavelet_avx512_vnni(VpAdmKernels *k);
void vp_adm_decouple_avx512(VpAdmKernels *k);
void vp_adm_mask_avx512(VpAdmKernels *k);
#endif
#if defined(VP_ARM64)
void vp_adm_wavelet_neon(VpAdmKernels *k);
void vp_adm_decouple_neon(VpAdmKernels *k);
void vp_adm_mask_neon(VpAdmKernels *k);
#endif

#endif
