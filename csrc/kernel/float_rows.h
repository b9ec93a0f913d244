/* Rows of float samples: what float VIF, ADM and motion have in common.
 *
 * Every result is single precision, each operation rounded, sums from the first term to the last: all levels give the
 * same bits. Widths are rounded up to a multiple of VP_FLOAT_LANES where this says "padded": so many floats are read
 * and written, whatever stands in the excess; the caller's rows have the room. Rows need no alignment. Taps are
 * symmetric, an odd number and at most VP_FLOAT_MAX_TAPS. */
#ifndef VP_KERNEL_FLOAT_ROWS_H
#define VP_KERNEL_FLOAT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

enum {
    VP_FLOAT_LANES = 16,
    VP_FLOAT_MARGIN = 32, /* floats before and, beyond the padding, after a row that is filtered horizontally */
    VP_FLOAT_MAX_TAPS = 2 * VP_FLOAT_MARGIN + 1,
    VP_FLOAT_BLOCK = 4, /* rows of a vertical pass at a time */
    VP_FLOAT_MAX_SUMS = 8,
};

typedef struct VpFloatRows {
    /* Luma or chroma samples as floats around 0: dst[x] = src[x] / 2^(bpc - 8) - 128. src: w samples and no more,
     * bytes if bpc is 8, else uint16_t. dst: padded. */
    void (*load)(const void *src, int bpc, int w, float *dst);
    /* out[x] = sum over k of tap[k] * row[k][x]. Padded. */
    void (*vertical)(const float *const *row, const float *tap, int taps, int w, float *out);
    /* VP_FLOAT_BLOCK rows of the same, each `step` (1 or 2) below the one before:
     * out[r][x] = sum over k of tap[k] * row[r * step + k][x]. Padded. */
    void (*vertical_block)(const float *const *row, const float *tap, int taps, int step, int w, float *const *out);
    /* out[x] = sum over k of tap[k] * row[x + k]. Padded: row holds taps - 1 floats more. out is not row. */
    void (*horizontal)(const float *row, const float *tap, int taps, int w, float *out);
    /* out[x] = sum over k of tap[k] * row[2 * x + k]. Padded: row holds twice as many floats and taps more. */
    void (*halve)(const float *row, const float *tap, int taps, int w, float *out);
    /* out[x] = |a[x] - b[x]|. Padded. */
    void (*distance)(const float *a, const float *b, int w, float *out);
    /* Continues sum[i] with row[i][0], ..., row[i][w - 1], i < n <= VP_FLOAT_MAX_SUMS. Reads w floats of each row. */
    void (*sums)(const float *const *row, int n, int w, float *sum);
} VpFloatRows;

void vp_float_rows_init(VpFloatRows *k, unsigned cpu);
/* A level replaces what it has. */
void vp_float_rows_init_avx2(VpFloatRows *k);
void vp_float_rows_init_avx512(VpFloatRows *k);
void vp_float_rows_init_neon(VpFloatRows *k);

/* Plain C, for lengths that the levels leave to it. */
void vp_float_vertical_block_c(const float *const *row, const float *tap, int taps, int step, int w,
                               float *const *out);
void vp_float_horizontal_c(const float *row, const float *tap, int taps, int w, float *out);
void vp_float_halve_c(const float *row, const float *tap, int taps, int w, float *out);

static inline int vp_float_padded(int w)
{
    return (w + VP_FLOAT_LANES - 1) / VP_FLOAT_LANES * VP_FLOAT_LANES;
}

/* Floats from one row to the next, margins and padding included. A row's first sample stands VP_FLOAT_MARGIN in.
 * The last term: a halved row is padded to 16 samples, 32 of the row it comes from. */
static inline ptrdiff_t vp_float_stride(int w)
{
    return vp_float_padded(w) + 2 * VP_FLOAT_MARGIN + VP_FLOAT_LANES;
}

/* Index i of a signal of n samples mirrored at both ends; the edge is not repeated. -n < i < 2 * n - 1. */
static inline int vp_mirror(int i, int n)
{
    if (i < 0) return -i;
    return i >= n ? 2 * n - 2 - i : i;
}

/* As vp_mirror(), but the last sample is repeated. -n < i < 2 * n. */
static inline int vp_mirror_repeat_last(int i, int n)
{
    if (i < 0) return -i;
    return i >= n ? 2 * n - 1 - i : i;
}

/* Fill `margin` floats before row[0] or after row[w - 1] by vp_mirror(). margin < w. */
void vp_float_mirror_left(float *row, int margin);
void vp_float_mirror_right(float *row, int w, int margin);

/* Whether float features know this bit depth. */
int vp_float_depth_known(int bpc);

#endif
