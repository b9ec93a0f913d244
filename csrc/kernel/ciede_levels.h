/* CIEDE2000: the functions of each instruction level, for the table in ciede.c. */
#ifndef VP_KERNEL_CIEDE_LEVELS_H
#define VP_KERNEL_CIEDE_LEVELS_H

#include <stdint.h>

#define VP_CIEDE_LEVEL(level)                                                                                        \
    void vp_ciede_row_##level(const uint16_t *const ref[3], const uint16_t *const dis[3], int bpc, int n, double *sum)

VP_CIEDE_LEVEL(c);
VP_CIEDE_LEVEL(avx2);
VP_CIEDE_LEVEL(avx512);
VP_CIEDE_LEVEL(neon);

#undef VP_CIEDE_LEVEL
#endif
