#include "base/cpu.h"

#if defined(VP_ARM64)
#include <string.h>

#include "kernel/lanes_neon.h"
#include "kernel/psnr_hvs.h"

#define HVS_BYTES 16

#define hvs_multiply(v, c) ((HvsInt)vqrdmulhq_n_s16((int16x8_t)(v), (int16_t)(c)))

/* Interleaving the halves of an array rotates the bits of every index by one. Four times turn (block, column), with
 * 16 blocks, into (column, block). All bits of the samples. */
VP_LANE_FN unsigned hvs_turn(uint16x8_t v[16], uint16_t *x)
{
    uint16x8_t u[16], bits = v[0];
    for (int b = 1; b < VP_HVS_GROUP; b++) bits = vorrq_u16(bits, v[b]);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 8; i++) {
            u[2 * i] = vzip1q_u16(v[i], v[i + 8]);
            u[2 * i + 1] = vzip2q_u16(v[i], v[i + 8]);
        }
        for (int i = 0; i < 8; i++) {
            v[2 * i] = vzip1q_u16(u[i], u[i + 8]);
            v[2 * i + 1] = vzip2q_u16(u[i], u[i + 8]);
        }
    }
    for (int i = 0; i < 16; i++) vst1q_u16(x + i * 8, v[i]);
    uint16_t lane[8];
    vst1q_u16(lane, bits);
    return (unsigned)(lane[0] | lane[1] | lane[2] | lane[3] | lane[4] | lane[5] | lane[6] | lane[7]);
}

VP_LANE_FN void hvs_deal8(const uint8_t *row, int blocks, uint16_t *x)
{
    uint16x8_t v[16];
    for (int b = 0; b < VP_HVS_GROUP; b++) v[b] = b < blocks ? vmovl_u8(vld1_u8(row + b * VP_HVS_STEP)) : vdupq_n_u16(0);
    hvs_turn(v, x);
}

VP_LANE_FN unsigned hvs_deal16(const uint16_t *row, int blocks, uint16_t *x)
{
    uint16x8_t v[16];
    for (int b = 0; b < VP_HVS_GROUP; b++) v[b] = b < blocks ? vld1q_u16(row + b * VP_HVS_STEP) : vdupq_n_u16(0);
    return hvs_turn(v, x);
}

/* vectors before what uses them */
#include "kernel/psnr_hvs_rows.h"
#endif
