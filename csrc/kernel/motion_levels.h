/* Integer motion: the functions of each instruction level, for the table in motion.c. */
#ifndef VP_KERNEL_MOTION_LEVELS_H
#define VP_KERNEL_MOTION_LEVELS_H

#include <stdbool.h>
#include <stdint.h>

#define VP_MOTION_LEVEL(level)                                                                                       \
    bool vp_motion_diff8_##level(const uint8_t *prev, const uint8_t *cur, int w, int16_t *d);                        \
    bool vp_motion_diff16_##level(const uint16_t *prev, const uint16_t *cur, int w, int16_t *d);                     \
    uint64_t vp_motion_row_##level(const void *const d[5], int w, int bpc, int32_t *work)

VP_MOTION_LEVEL(avx2);
VP_MOTION_LEVEL(avx512);
VP_MOTION_LEVEL(avx512_vnni);
VP_MOTION_LEVEL(neon);

#undef VP_MOTION_LEVEL
#endif
