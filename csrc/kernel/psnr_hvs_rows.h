/* PSNR-HVS for any vector width: included after a lanes_<level>.h and these, once per translation unit:
 *     HVS_BYTES                 of a vector of 16-bit integers
 *     hvs_multiply(v, c)        (v * c + 2^14) >> 15 of such vectors and a constant below 2^15
 *     hvs_deal8, hvs_deal16     sample j of row i of block b to x[(i * 8 + j) * VP_HVS_GROUP + b]
 *
 * A lane is a block: every sum within a block grows in its own order. Samples of up to 11 bits keep the whole transform
 * within 16 bits: no value of it exceeds 8 times the largest sample. Deeper ones go to plain C. */
#include <string.h>

#include "kernel/psnr_hvs.h"
#include "kernel/psnr_hvs_levels.h"

enum { HVS_SIZE = VP_HVS_SIZE, HVS_N = VP_HVS_COEFFICIENTS, HVS_GROUP = VP_HVS_GROUP };

typedef int16_t HvsInt __attribute__((vector_size(HVS_BYTES)));

#define I HvsInt
#define DCT_HALF(a) (((a) - ((a) >> 15)) >> 1)
#define DCT_MUL(v, c, s) hvs_multiply(v, (c) << (15 - (s)))
#define DCT_FUNCTION VP_LANE_FN void hvs_transform
#include "kernel/psnr_hvs_dct.h"

/* The terms that waited, being added in their order beside other work, as much of it as an addition takes: so many with
 * each transform of a row or column; a few in each step of masking, four times 64 steps for every vector of blocks; and
 * the others in the 64 steps that make new terms. */
enum {
    HVS_TRANSFORM = LANES < 8 ? 0 : HVS_BYTES / 4,
    HVS_FEW = LANES / 8,
    HVS_MORE = LANES < 8 ? LANES : LANES / 4,
};
typedef struct HvsChain {
    const float *term; /* coefficient `next` of its block */
    int next;
    float total;
} HvsChain;

/* The terms from count * step on, all of one block. */
VP_LANE_FN void hvs_add(HvsChain *chain, int step, int count)
{
    for (int i = 0; i < count; i++) chain->total += chain->term[(count * step + i) * HVS_GROUP];
}

VP_LANE_FN void hvs_added(HvsChain *chain, int count)
{
    chain->next += count;
    chain->term += count * HVS_GROUP;
    if (chain->next == HVS_N) {
        chain->next = 0;
        chain->term += 1 - HVS_N * HVS_GROUP;
    }
}

/* Samples of a group to coefficients, plus 2^15 so that they are not negative. */
VP_LANE_FN void hvs_coefficients(const uint16_t *x, uint16_t *c, HvsChain *chain)
{
    enum { LANES16 = HVS_BYTES / 2 };
    for (int lane = 0; lane < HVS_GROUP; lane += LANES16) {
        HvsInt t[HVS_N];
        for (int i = 0; i < HVS_N; i++) memcpy(&t[i], x + i * HVS_GROUP + lane, sizeof t[i]);
        for (int j = 0; j < HVS_SIZE; j++) {
            hvs_transform(t + j, HVS_SIZE);
            hvs_add(chain, 0, HVS_TRANSFORM);
            hvs_added(chain, HVS_TRANSFORM);
        }
        for (int i = 0; i < HVS_SIZE; i++) {
            hvs_transform(t + i * HVS_SIZE, 1);
            hvs_add(chain, 0, HVS_TRANSFORM);
            hvs_added(chain, HVS_TRANSFORM);
        }
        for (int i = 0; i < HVS_N; i++) {
            const HvsInt biased = t[i] ^ (int16_t)INT16_MIN;
            memcpy(c + i * HVS_GROUP + lane, &biased, sizeof biased);
        }
    }
}

VP_LANE_FN vf hvs_coefficient(const uint16_t *c, int i)
{
    return vf_sub(vf_load_u16(c + i * HVS_GROUP), vf_set(32768));
}

/* f32(sqrt(f64(a))) is the single-precision root. */
VP_LANE_FN vf hvs_masking(const VpHvsTable *t, const uint16_t *x, const uint16_t *c, HvsChain *chain)
{
    vf mean[4], variance[4], whole = vf_set(0), all = vf_set(0); /* quadrants: left above, below, right above, below */
    for (int below = 0; below < 2; below++) {
        vf left = vf_set(0), right = vf_set(0); /* sums of integers: in any order */
        for (int i = 0; i < HVS_N / 2; i += HVS_SIZE) {
            const uint16_t *const row = x + (below * HVS_N / 2 + i) * HVS_GROUP;
#pragma GCC unroll 4
            for (int j = 0; j < HVS_SIZE / 2; j++) {
                left = vf_add(left, vf_load_u16(row + j * HVS_GROUP));
                right = vf_add(right, vf_load_u16(row + (j + HVS_SIZE / 2) * HVS_GROUP));
            }
        }
        mean[below] = vf_mul(left, vf_set(4.0f / HVS_N));
        mean[2 + below] = vf_mul(right, vf_set(4.0f / HVS_N));
        whole = vf_add(whole, vf_add(left, right));
    }
    whole = vf_mul(whole, vf_set(1.0f / HVS_N));
    for (int below = 0; below < 2; below++) {
        vf sum[2] = {vf_set(0), vf_set(0)};
        for (int i = 0; i < HVS_N / 2; i += HVS_SIZE) {
            const uint16_t *const row = x + (below * HVS_N / 2 + i) * HVS_GROUP;
#pragma GCC unroll 8
            for (int j = 0; j < HVS_SIZE; j++) {
                const int right = j >= HVS_SIZE / 2;
                const vf v = vf_load_u16(row + j * HVS_GROUP);
                const vf d = vf_sub(v, whole), e = vf_sub(v, mean[2 * right + below]);
                all = vf_add(all, vf_mul(d, d));
                sum[right] = vf_add(sum[right], vf_mul(e, e));
                hvs_add(chain, j, HVS_FEW);
            }
            hvs_added(chain, HVS_SIZE * HVS_FEW);
        }
        variance[below] = sum[0];
        variance[2 + below] = sum[1];
    }
    all = vf_mul(all, vf_set(VP_HVS_BLOCK_VARIANCE));
    for (int q = 0; q < 4; q++) variance[q] = vf_mul(variance[q], vf_set(VP_HVS_QUADRANT_VARIANCE));
    const vf quadrants = vf_add(vf_add(vf_add(variance[0], variance[1]), variance[2]), variance[3]);
    const vm varied = vf_lt(vf_set(0), all);
    all = vf_select(varied, vf_div(quadrants, vf_select(varied, all, vf_set(1))), vf_set(0));

    vf energy = vf_set(0);
    for (int i = 0; i < HVS_N; i += HVS_SIZE) {
#pragma GCC unroll 8
        for (int j = 0; j < HVS_SIZE; j++) {
            const vf v = hvs_coefficient(c, i + j);
            if (i + j) energy = vf_add(energy, vf_mul(vf_mul(v, v), vf_set(t->mask[i + j])));
            hvs_add(chain, j, HVS_FEW);
        }
        hvs_added(chain, HVS_SIZE * HVS_FEW);
    }
    return vf_mul(vf_sqrt(vf_mul(energy, all)), vf_set(1.0f / 32));
}

VP_LANE_FN void hvs_terms(const VpHvsTable *t, const uint16_t *const x[2], const uint16_t *const c[2], HvsChain *chain,
                          float *term)
{
    const vf mask = vf_max(hvs_masking(t, x[0], c[0], chain), hvs_masking(t, x[1], c[1], chain));
    for (int i = 0; i < HVS_N; i += HVS_SIZE) {
#pragma GCC unroll 8
        for (int j = 0; j < HVS_SIZE; j++) {
            const int k = i + j;
            vf e = vf_abs(vf_sub(hvs_coefficient(c[0], k), hvs_coefficient(c[1], k)));
            if (k) {
                const vf threshold = vf_div(mask, vf_set(t->mask[k]));
                e = vf_zero_where(vf_lt(e, threshold), vf_sub(e, threshold));
            }
            e = vf_mul(e, vf_set(t->csf[k]));
            vf_store(term + k * HVS_GROUP, vf_mul(e, e));
            hvs_add(chain, j, HVS_MORE);
        }
        hvs_added(chain, HVS_SIZE * HVS_MORE);
    }
}

/* x: the samples of both pictures, [2][64][HVS_GROUP], those of absent blocks anything below 2^11. */
VP_LANE_FN void hvs_group(const VpHvsTable *t, uint16_t (*x)[HVS_N * HVS_GROUP], int blocks, VpHvsSum *sum)
{
    uint16_t c[2][HVS_N * HVS_GROUP];
    float term[HVS_N * HVS_GROUP];
    HvsChain chain = {.term = sum->waiting, .total = sum->total};
    for (int p = 0; p < 2; p++) hvs_coefficients(x[p], c[p], &chain);
    for (int lane = 0; lane < HVS_GROUP; lane += LANES) {
        const uint16_t *const xs[2] = {x[0] + lane, x[1] + lane}, *const cs[2] = {c[0] + lane, c[1] + lane};
        hvs_terms(t, xs, cs, &chain, term + lane);
    }
    sum->total = chain.total;
    memcpy(sum->waiting, term, sizeof term);
    for (int b = blocks; b < HVS_GROUP; b++) /* absent: adding 0 changes nothing */
        for (int i = 0; i < HVS_N; i++) sum->waiting[i * HVS_GROUP + b] = 0;
}

VP_LEVEL void VP_LEVEL_NAME(vp_hvs_group8)(const VpHvsTable *t, const uint8_t *ref, ptrdiff_t ref_stride,
                                           const uint8_t *dis, ptrdiff_t dis_stride, int blocks, VpHvsSum *sum)
{
    uint16_t x[2][HVS_N * HVS_GROUP];
    for (int i = 0; i < HVS_SIZE; i++) {
        hvs_deal8(ref + i * ref_stride, blocks, x[0] + i * HVS_SIZE * HVS_GROUP);
        hvs_deal8(dis + i * dis_stride, blocks, x[1] + i * HVS_SIZE * HVS_GROUP);
    }
    hvs_group(t, x, blocks, sum);
}

VP_LEVEL void VP_LEVEL_NAME(vp_hvs_group16)(const VpHvsTable *t, const uint16_t *ref, ptrdiff_t ref_stride,
                                            const uint16_t *dis, ptrdiff_t dis_stride, int blocks, VpHvsSum *sum)
{
    uint16_t x[2][HVS_N * HVS_GROUP];
    unsigned bits = 0;
    for (int i = 0; i < HVS_SIZE; i++) {
        const void *const r = (const uint8_t *)ref + i * ref_stride, *const d = (const uint8_t *)dis + i * dis_stride;
        bits |= hvs_deal16(r, blocks, x[0] + i * HVS_SIZE * HVS_GROUP);
        bits |= hvs_deal16(d, blocks, x[1] + i * HVS_SIZE * HVS_GROUP);
    }
    if (bits < 1 << 11)
        hvs_group(t, x, blocks, sum);
    else
        vp_hvs_group16_c(t, ref, ref_stride, dis, dis_stride, blocks, sum);
}
