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

/* Do all steps of masking stay in the widths that vector code works in? With the factors of CSF modes 0, 2 and 3 they
 * do, the largest of which stand here, as with those of mode 1 that make sense. Beyond them steps wrap: for plain C. */
static inline bool vp_adm_factors16_fit(VpAdmFactors f)
{
    return f.hv <= 36453 && f.d <= 49417; /* masks around a position then sum to less than 65536 */
}

static inline bool vp_adm_factors32_fit(VpAdmFactors f)
{
    return f.hv < 1u << 28 && f.d < 1u << 28;
}

/* Entries of the table that other levels fall back on. */
void vp_adm_limit16_c(const void *const restored[VP_ADM_BANDS], const void *close, const void *const t[VP_ADM_BANDS],
                      double gain, void *const r[VP_ADM_BANDS], void *const a[VP_ADM_BANDS], int n);
void vp_adm_limit32_c(const void *const restored[VP_ADM_BANDS], const void *close, const void *const t[VP_ADM_BANDS],
                      double gain, void *const r[VP_ADM_BANDS], void *const a[VP_ADM_BANDS], int n);
void vp_adm_mask16_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n);
void vp_adm_mask32_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n);
void vp_adm_cubes16_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width, int n,
                      uint64_t sum[VP_ADM_BANDS]);
void vp_adm_cubes32_c(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width, int n,
                      uint64_t sum[VP_ADM_BANDS]);

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
