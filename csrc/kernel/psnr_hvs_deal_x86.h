/* Blocks to lanes with 128-bit vectors, for the x86 levels of PSNR-HVS. */
#ifndef VP_KERNEL_PSNR_HVS_DEAL_X86_H
#define VP_KERNEL_PSNR_HVS_DEAL_X86_H

#include <immintrin.h>
#include <string.h>

#include "kernel/psnr_hvs.h"

#define HVS_BYTES 32

#define hvs_multiply(v, c)                                                                                           \
    ((HvsInt)_mm256_mulhrs_epi16((__m256i)(v), _mm256_set1_epi16((int16_t)(c))))

/* Interleaving the halves of an array rotates the bits of every index by one. Four times turn (block, column), with
 * 16 blocks, into (column, block). */
VP_LANE_FN void hvs_deal8(const uint8_t *row, int blocks, uint16_t *x)
{
    __m128i v[8], u[8];
    if (blocks == VP_HVS_GROUP) {
        for (int i = 0; i < 8; i++) {
            const uint8_t *const p = row + 2 * i * VP_HVS_STEP;
            v[i] = _mm_unpacklo_epi64(_mm_loadl_epi64((const void *)p),
                                      _mm_loadl_epi64((const void *)(p + VP_HVS_STEP)));
        }
    } else {
        uint8_t some[VP_HVS_GROUP][8] = {{0}};
        for (int b = 0; b < blocks; b++) memcpy(some[b], row + b * VP_HVS_STEP, 8);
        memcpy(v, some, sizeof v);
    }
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 4; i++) {
            u[2 * i] = _mm_unpacklo_epi8(v[i], v[i + 4]);
            u[2 * i + 1] = _mm_unpackhi_epi8(v[i], v[i + 4]);
        }
        for (int i = 0; i < 4; i++) {
            v[2 * i] = _mm_unpacklo_epi8(u[i], u[i + 4]);
            v[2 * i + 1] = _mm_unpackhi_epi8(u[i], u[i + 4]);
        }
    }
    for (int j = 0; j < 8; j++) _mm256_storeu_si256((void *)(x + j * VP_HVS_GROUP), _mm256_cvtepu8_epi16(v[j]));
}

/* All bits of the samples. */
VP_LANE_FN unsigned hvs_deal16(const uint16_t *row, int blocks, uint16_t *x)
{
    __m128i v[16], u[16], bits = _mm_setzero_si128();
    for (int b = 0; b < VP_HVS_GROUP; b++)
        v[b] = b < blocks ? _mm_loadu_si128((const void *)(row + b * VP_HVS_STEP)) : _mm_setzero_si128();
    for (int b = 0; b < VP_HVS_GROUP; b++) bits = _mm_or_si128(bits, v[b]);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 8; i++) {
            u[2 * i] = _mm_unpacklo_epi16(v[i], v[i + 8]);
            u[2 * i + 1] = _mm_unpackhi_epi16(v[i], v[i + 8]);
        }
        for (int i = 0; i < 8; i++) {
            v[2 * i] = _mm_unpacklo_epi16(u[i], u[i + 8]);
            v[2 * i + 1] = _mm_unpackhi_epi16(u[i], u[i + 8]);
        }
    }
    for (int i = 0; i < 16; i++) _mm_storeu_si128((void *)(x + i * 8), v[i]);
    bits = _mm_or_si128(bits, _mm_srli_si128(bits, 8));
    bits = _mm_or_si128(bits, _mm_srli_si128(bits, 4));
    bits = _mm_or_si128(bits, _mm_srli_si128(bits, 2));
    return (unsigned)_mm_extract_epi16(bits, 0);
}

#endif
