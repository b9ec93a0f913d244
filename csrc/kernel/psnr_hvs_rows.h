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

/* Samples of a group to coefficients, plus 2^15 so that they are not negative. */
VP_LANE_FN void hvs_coefficients(const uint16_t *x, uint16_t *c)
{
    enum { LANES16 = HVS_BYTES / 2 };
    for (int lane = 0; lane < HVS_GROUP; lane += LANES16) {
        HvsInt t[HVS_N];
        for (int i = 0; i < HVS_N; i++) memcpy(&t[i], x + i * HVS_GROUP + lane, sizeof t[i]);
        for (int j = 0; j < HVS_SIZE; j++) hvs_transform(t + j, HVS_SIZE);
        for (int i = 0; i < HVS_SIZE; i++) hvs_transform(t + i * HVS_SIZE, 1);
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
VP_LANE_FN vf hvs_masking(const VpHvsTable *t, const uint16_t *x, const uint16_t *c)
{
    vf mean[4], variance[4];
    for (int q = 0; q < 4; q++) mean[q] = variance[q] = vf_set(0);
    for (int i = 0; i < HVS_SIZE; i++)
        for (int j = 0; j < HVS_SIZE; j++) {
            const int q = i / 4 + j / 4 * 2;
            mean[q] = vf_add(mean[q], vf_load_u16(x + (i * HVS_SIZE + j) * HVS_GROUP));
        }
    /* integers: in any order */
    vf whole = vf_add(vf_add(mean[0], mean[1]), vf_add(mean[2], mean[3])), all = vf_set(0);
    whole = vf_mul(whole, vf_set(1.0f / HVS_N));
    for (int q = 0; q < 4; q++) mean[q] = vf_mul(mean[q], vf_set(4.0f / HVS_N));
    for (int i = 0; i < HVS_SIZE; i++)
        for (int j = 0; j < HVS_SIZE; j++) {
            const int q = i / 4 + j / 4 * 2;
            const vf v = vf_load_u16(x + (i * HVS_SIZE + j) * HVS_GROUP);
            const vf d = vf_sub(v, whole), e = vf_sub(v, mean[q]);
            all = vf_add(all, vf_mul(d, d));
            variance[q] = vf_add(variance[q], vf_mul(e, e));
        }
    all = vf_mul(all, vf_set(VP_HVS_BLOCK_VARIANCE));
    for (int q = 0; q < 4; q++) variance[q] = vf_mul(variance[q], vf_set(VP_HVS_QUADRANT_VARIANCE));
    const vf quadrants = vf_add(vf_add(vf_add(variance[0], variance[1]), variance[2]), variance[3]);
    const vm varied = vf_lt(vf_set(0), all);
    all = vf_select(varied, vf_div(quadrants, vf_select(varied, all, vf_set(1))), vf_set(0));

    vf energy = vf_set(0);
    for (int i = 1; i < HVS_N; i++) {
        const vf v = hvs_coefficient(c, i);
        energy = vf_add(energy, vf_mul(vf_mul(v, v), vf_set(t->mask[i])));
    }
    return vf_mul(vf_sqrt(vf_mul(energy, all)), vf_set(1.0f / 32));
}

VP_LANE_FN void hvs_terms(const VpHvsTable *t, const uint16_t *const x[2], const uint16_t *const c[2], float *term)
{
    const vf mask = vf_max(hvs_masking(t, x[0], c[0]), hvs_masking(t, x[1], c[1]));
    for (int i = 0; i < HVS_N; i++) {
        vf e = vf_abs(vf_sub(hvs_coefficient(c[0], i), hvs_coefficient(c[1], i)));
        if (i) {
            const vf threshold = vf_div(mask, vf_set(t->mask[i]));
            e = vf_zero_where(vf_lt(e, threshold), vf_sub(e, threshold));
        }
        e = vf_mul(e, vf_set(t->csf[i]));
        vf_store(term + i * HVS_GROUP, vf_mul(e, e));
    }
}

/* x: the samples of both pictures, [2][64][HVS_GROUP], those of absent blocks anything below 2^11. */
VP_LANE_FN void hvs_group(const VpHvsTable *t, uint16_t (*x)[HVS_N * HVS_GROUP], int blocks, float *sum)
{
    uint16_t c[2][HVS_N * HVS_GROUP];
    float term[HVS_N * HVS_GROUP];
    for (int p = 0; p < 2; p++) hvs_coefficients(x[p], c[p]);
    for (int lane = 0; lane < HVS_GROUP; lane += LANES) {
        const uint16_t *const xs[2] = {x[0] + lane, x[1] + lane}, *const cs[2] = {c[0] + lane, c[1] + lane};
        hvs_terms(t, xs, cs, term + lane);
    }
    float total = *sum;
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < HVS_N; i++) total += term[i * HVS_GROUP + b];
    *sum = total;
}

VP_LEVEL void VP_LEVEL_NAME(vp_hvs_group8)(const VpHvsTable *t, const uint8_t *ref, ptrdiff_t ref_stride,
                                           const uint8_t *dis, ptrdiff_t dis_stride, int blocks, float *sum)
{
    uint16_t x[2][HVS_N * HVS_GROUP];
    for (int i = 0; i < HVS_SIZE; i++) {
        hvs_deal8(ref + i * ref_stride, blocks, x[0] + i * HVS_SIZE * HVS_GROUP);
        hvs_deal8(dis + i * dis_stride, blocks, x[1] + i * HVS_SIZE * HVS_GROUP);
    }
    hvs_group(t, x, blocks, sum);
}

VP_LEVEL void VP_LEVEL_NAME(vp_hvs_group16)(const VpHvsTable *t, const uint16_t *ref, ptrdiff_t ref_stride,
                                            const uint16_t *dis, ptrdiff_t dis_stride, int blocks, float *sum)
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
