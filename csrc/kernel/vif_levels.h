/* Integer VIF: the functions of each instruction level, for the table in vif.c; contracts are in vif.h. */
#ifndef VP_KERNEL_VIF_LEVELS_H
#define VP_KERNEL_VIF_LEVELS_H

#include "kernel/vif.h"

/* The taps for pair multiply-add, low half first. Pair j of a filter with terms f: (f[2j], f[2j + 1]) for even outputs,
 * (f[2j - 1], f[2j]) for odd ones; at scale 3 these have half of the centre, and the third entry the rest, for even
 * outputs in the first pair and for odd ones in the second. In memory, because GCC builds vector constants that it
 * knows in several steps. */
extern const int32_t vp_vif_pairs[VP_VIF_SCALES][VP_VIF_PAIRS][3];

#define VP_VIF_LEVEL(level)                                                                                          \
    void vp_vif_moments8_##level(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w,                  \
                                 VpVifMoments out[2]);                                                               \
    void vp_vif_moments16_##level(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale,      \
                                  int mean_shift, int square_shift, VpVifMoments out[2]);                            \
    void vp_vif_covariance_##level(const VpVifMoments *in, int scale, int n, int32_t *s1, int32_t *s2,               \
                                   int32_t *s12);                                                                    \
    void vp_vif_statistics_##level(const VpVifTables *tables, const int32_t *s1, const int32_t *s2,                  \
                                   const int32_t *s12, int n, const double *limit, int n_limits, VpVifSums *sums,    \
                                   int64_t *num_log);                                                                \
    void vp_vif_blur8_##level(const void *const *rows, int w, int scale, int16_t *out);                              \
    void vp_vif_blur16_##level(const void *const *rows, int w, int scale, int shift, int16_t *out);                  \
    void vp_vif_halve_##level(const int16_t *in, int scale, int n, uint16_t *out)

VP_VIF_LEVEL(avx2);
VP_VIF_LEVEL(avx512);
VP_VIF_LEVEL(avx512_vnni);

#undef VP_VIF_LEVEL

/* Plain C, for rows shorter than a vector. */
void vp_vif_blur8_c(const void *const *rows, int w, int scale, int16_t *out);
void vp_vif_blur16_c(const void *const *rows, int w, int scale, int shift, int16_t *out);

#endif
