/* The kernels of float_rows.h in terms of lanes_<level>.h, which the including file has included. Each term is the one
 * of the plain C version: lanes change where a sum is computed, never its order. */
#include "kernel/float_rows.h"

#define FLOAT_ROWS_UNROLL _Pragma("GCC unroll 80")

VP_LEVEL static void VP_LEVEL_NAME(load)(const void *src, int bpc, int w, float *dst)
{
    const vf middle = vf_set(128);
    int x = 0;
    if (bpc == 8) {
        const uint8_t *s = src;
        for (; x + LANES <= w; x += LANES) vf_store(dst + x, vf_sub(vf_load_u8(s + x), middle));
        for (; x < w; x++) dst[x] = (float)s[x] - 128.0f;
    } else {
        const uint16_t *s = src;
        const float scale = 1.0f / (float)(1 << (bpc - 8));
        const vf k = vf_set(scale);
        for (; x + LANES <= w; x += LANES) vf_store(dst + x, vf_sub(vf_mul(vf_load_u16(s + x), k), middle));
        for (; x < w; x++) dst[x] = (float)s[x] * scale - 128.0f;
    }
    for (; x < vp_float_padded(w); x++) dst[x] = 0;
}

VP_LEVEL static void VP_LEVEL_NAME(vertical)(const float *const *row, const float *tap, int taps, int w, float *out)
{
    for (int x = 0; x < vp_float_padded(w); x += LANES) {
        vf sum = vf_set(0);
        for (int k = 0; k < taps; k++) sum = vf_add(sum, vf_mul(vf_set(tap[k]), vf_load(row[k] + x)));
        vf_store(out + x, sum);
    }
}

/* A load serves every row that it is a tap of, and the rows hide the latency of one another's additions. */
VP_LANE_FN void VP_LEVEL_NAME(block_n)(const float *const *row, const float *tap, int taps, int step, int w,
                                       float *const *out)
{
    for (int x = 0; x < vp_float_padded(w); x += LANES) {
        vf sum[VP_FLOAT_BLOCK];
        FLOAT_ROWS_UNROLL
        for (int r = 0; r < VP_FLOAT_BLOCK; r++) sum[r] = vf_set(0);
        FLOAT_ROWS_UNROLL
        for (int i = 0; i < taps + step * (VP_FLOAT_BLOCK - 1); i++) {
            const vf v = vf_load(row[i] + x);
            FLOAT_ROWS_UNROLL
            for (int r = 0; r < VP_FLOAT_BLOCK; r++) {
                const int k = i - step * r;
                if (k < 0 || k >= taps) continue;
                sum[r] = vf_add(sum[r], vf_mul(vf_set(tap[k < taps / 2 ? k : taps - 1 - k]), v));
                vf_finish(&sum[r]);
            }
        }
        FLOAT_ROWS_UNROLL
        for (int r = 0; r < VP_FLOAT_BLOCK; r++) vf_store(out[r] + x, sum[r]);
    }
}

VP_LEVEL static void VP_LEVEL_NAME(vertical_block)(const float *const *row, const float *tap, int taps, int step,
                                                   int w, float *const *out)
{
    switch (10 * taps + step) { /* what default options need, unrolled */
    case 51: VP_LEVEL_NAME(block_n)(row, tap, 5, 1, w, out); break;
    case 32: VP_LEVEL_NAME(block_n)(row, tap, 3, 2, w, out); break;
    case 52: VP_LEVEL_NAME(block_n)(row, tap, 5, 2, w, out); break;
    case 92: VP_LEVEL_NAME(block_n)(row, tap, 9, 2, w, out); break;
    default: vp_float_vertical_block_c(row, tap, taps, step, w, out);
    }
}

/* `vectors` results at once: they hide the latency of one another's additions. */
VP_LANE_FN void VP_LEVEL_NAME(horizontal_at)(const float *row, const vf *tap, int taps, int vectors, float *out)
{
    vf sum[4];
    FLOAT_ROWS_UNROLL
    for (int j = 0; j < vectors; j++) sum[j] = vf_set(0);
    FLOAT_ROWS_UNROLL
    for (int k = 0; k < taps; k++) {
        FLOAT_ROWS_UNROLL
        for (int j = 0; j < vectors; j++) {
            const vf t = tap[k < taps / 2 ? k : taps - 1 - k];
            sum[j] = vf_add(sum[j], vf_mul(t, vf_load(row + LANES * j + k)));
            vf_finish(&sum[j]);
        }
    }
    FLOAT_ROWS_UNROLL
    for (int j = 0; j < vectors; j++) vf_store(out + LANES * j, sum[j]);
}

VP_LANE_FN void VP_LEVEL_NAME(horizontal_n)(const float *row, const float *tap, int taps, int w, float *out)
{
    vf t[VP_FLOAT_MARGIN + 1]; /* symmetric: half of them fit in registers */
    FLOAT_ROWS_UNROLL
    for (int k = 0; k <= taps / 2; k++) t[k] = vf_set(tap[k]);
    const int end = vp_float_padded(w);
    int x = 0;
    for (; x + 4 * LANES <= end; x += 4 * LANES) VP_LEVEL_NAME(horizontal_at)(row + x, t, taps, 4, out + x);
    for (; x < end; x += LANES) VP_LEVEL_NAME(horizontal_at)(row + x, t, taps, 1, out + x);
}

VP_LEVEL static void VP_LEVEL_NAME(horizontal)(const float *row, const float *tap, int taps, int w, float *out)
{
    switch (taps) {
    case 3: VP_LEVEL_NAME(horizontal_n)(row, tap, 3, w, out); break;
    case 5: VP_LEVEL_NAME(horizontal_n)(row, tap, 5, w, out); break;
    case 9: VP_LEVEL_NAME(horizontal_n)(row, tap, 9, w, out); break;
    case 17: VP_LEVEL_NAME(horizontal_n)(row, tap, 17, w, out); break;
    default: vp_float_horizontal_c(row, tap, taps, w, out);
    }
}

VP_LANE_FN void VP_LEVEL_NAME(halve_n)(const float *row, const float *tap, int taps, int w, float *out)
{
    for (int x = 0; x < vp_float_padded(w); x += LANES) {
        vf sum = vf_set(0);
        FLOAT_ROWS_UNROLL
        for (int k = 0; k < taps; k += 2) {
            const vf a = vf_load(row + 2 * x + k), b = vf_load(row + 2 * x + k + LANES);
            sum = vf_add(sum, vf_mul(vf_set(tap[k]), vf_even(a, b)));
            if (k + 1 < taps) sum = vf_add(sum, vf_mul(vf_set(tap[k + 1]), vf_odd(a, b)));
        }
        vf_store(out + x, vf_order(sum));
    }
}

VP_LEVEL static void VP_LEVEL_NAME(halve)(const float *row, const float *tap, int taps, int w, float *out)
{
    switch (taps) {
    case 3: VP_LEVEL_NAME(halve_n)(row, tap, 3, w, out); break;
    case 5: VP_LEVEL_NAME(halve_n)(row, tap, 5, w, out); break;
    case 9: VP_LEVEL_NAME(halve_n)(row, tap, 9, w, out); break;
    default: vp_float_halve_c(row, tap, taps, w, out);
    }
}

VP_LEVEL static void VP_LEVEL_NAME(distance)(const float *a, const float *b, int w, float *out)
{
    for (int x = 0; x < vp_float_padded(w); x += LANES)
        vf_store(out + x, vf_abs(vf_sub(vf_load(a + x), vf_load(b + x))));
}
