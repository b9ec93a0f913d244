/* SSIM: the functions of each instruction level, for the table in ssim.c. */
#ifndef VP_KERNEL_SSIM_LEVELS_H
#define VP_KERNEL_SSIM_LEVELS_H

#include <stdbool.h>

#define VP_SSIM_LEVEL(level)                                                                                         \
    void vp_ssim_window_row_##level(const float *x, const float *y, int n, bool positive, float *maps);             \
    void vp_ssim_position_row_##level(const float *ring, int first_row, int n, bool positive, bool all,              \
                                     double sum[4]);                                                               \
    void vp_ssim_halve_row_##level(const float *const row[9], int n, float *dst);                                   \
    void vp_ssim_halve_pair_##level(const float *even, const float *odd, int n, double *const sum[4], float *dst)

VP_SSIM_LEVEL(avx2);
VP_SSIM_LEVEL(avx512);
VP_SSIM_LEVEL(neon);

#undef VP_SSIM_LEVEL
#endif
