/* Integer VIF: the functions of each instruction level, for the table in vif.c; contracts are in vif.h. */
#ifndef VP_KERNEL_VIF_LEVELS_H
#define VP_KERNEL_VIF_LEVELS_H

#include "kernel/vif.h"

/* The taps for pair multiply-add, low half first. Pair j of a filter with terms f: (f[2j], f[2j + 1]) for even outputs,
 * (f[2j - 1], f[2j]) for odd ones; at scale 3 these have half of the centre, and the third entry the rest, for even
 * outputs in the first pair and for odd ones in the second. In memory, because GCC builds vector constants that it
 * knows in several steps. */
extern const int32_t vp_vif_pairs[VP_VIF_SCALES][VP_VIF_PAIRS][3];

#define VP_VIF_ROWS(level)                                                                                           \
    void vp_vif_pair8_##level(const uint8_t *a, const uint8_t *b, int w, VpVifPairRow *out);                         \
    void vp_vif_pair16_##level(const uint16_t *a, const uint16_t *b, int w, VpVifPairRow *out);                      \
    void vp_vif_reference8_##level(const VpVifPairRow *const *x, int w, VpVifReference out[2]);                      \
    void vp_vif_distorted8_##level(const VpVifPairRow *const *x, const VpVifReference ref[2],                        \
                                   const VpVifPairRow *const *y, int w, VpVifDistorted out[2]);                      \
    void vp_vif_reference16_##level(const VpVifPairRow *const *x, int w, int scale, int mean_shift,                  \
                                    int square_shift, VpVifReference out[2]);                                        \
    void vp_vif_distorted16_##level(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale,    \
                                    int mean_shift, int square_shift, VpVifDistorted out[2]);                        \
    void vp_vif_variance_##level(const VpVifReference *in, int scale, int n, uint32_t *m1, int32_t *s1);             \
    void vp_vif_covariance_##level(const VpVifDistorted *in, const uint32_t *m1, int scale, int n, int32_t *s2,      \
                                   int32_t *s12);                                                                    \
    void vp_vif_blur8_##level(const VpVifPairRow *const *x, int w, int16_t *out);                                    \
    void vp_vif_blur16_##level(const VpVifPairRow *const *x, int w, int scale, int shift, int16_t *out);             \
    void vp_vif_halve_##level(const int16_t *in, int scale, int n, uint16_t *out)

#define VP_VIF_STATISTICS(level)                                                                                     \
    void vp_vif_denominators_##level(const VpVifTables *tables, const int32_t *s1, int n, VpVifDenominators *sums);  \
    void vp_vif_numerators_##level(const VpVifTables *tables, const int32_t *s1, const int32_t *s2,                  \
                                   const int32_t *s12, int n, const double *limit, int n_limits,                     \
                                   int64_t *num_nonlog, int64_t *num_log)

VP_VIF_ROWS(avx2);
VP_VIF_STATISTICS(avx2);
VP_VIF_ROWS(avx512);
VP_VIF_STATISTICS(avx512);
VP_VIF_ROWS(avx512_vnni);
VP_VIF_ROWS(neon);
VP_VIF_STATISTICS(neon);

/* Where a gain exceeds the lowest limit, the covariance, halved so often and rounded down, still exceeds the variance:
 * what an integer comparison finds, and a few more. */
static inline int vp_vif_halvings(const double *limit, int n_limits)
{
    double lowest = limit[0];
    for (int k = 1; k < n_limits; k++) lowest = limit[k] < lowest ? limit[k] : lowest;
    int n = 0; /* one less than fit, or equality would have to count */
    for (; lowest >= 4 && n < 30; n++) lowest /= 2;
    return n;
}

#undef VP_VIF_ROWS
#undef VP_VIF_STATISTICS

#endif
