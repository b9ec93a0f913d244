/* CAMBI, the contrast-aware multiscale banding index (Tandon et al., PCS 2021): the work on rows of samples.
 *
 * Every kernel is exact; what libvmaf 3.2 computes in integers is in integers here, too.
 *
 * Pictures are rows of *samples*: a 10-bit code (0 to 1024), and VP_CAMBI_UNMASKED where the spatial mask is 0. For
 * counting, samples become *codes*: the code less the lowest one that matters, or VP_CAMBI_NONE. */
#ifndef VP_KERNEL_CAMBI_H
#define VP_KERNEL_CAMBI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VP_CAMBI_UNMASKED = 0x8000,
    VP_CAMBI_NONE = 0xffff,
    VP_CAMBI_PAD = 32,        /* entries after the w of a row that kernels may read; never written unless told */
    VP_CAMBI_DIFFS = 32,      /* most steps of contrast that are looked at */
    VP_CAMBI_WINDOW = 65,     /* widest window, samples */
    VP_CAMBI_CODES = 1025,
    VP_CAMBI_TILE = 128,      /* columns that are counted together */
    VP_CAMBI_MASK_RADIUS = 3,
};

extern const uint8_t vp_cambi_weight[VP_CAMBI_DIFFS + 1]; /* of a step of contrast; [0] is not used */

/* Which codes count, and how two counts become a contrast. */
typedef struct VpCambiBand {
    int low, n_codes;          /* codes low .. low + n_codes - 1 are counted */
    int n_diffs;               /* steps 1 .. n_diffs are looked at */
    uint8_t first[VP_CAMBI_CODES]; /* by code: the smallest step a viewer sees there, n_diffs + 1 if none. A larger one
                                    * is seen, too */
    int radius;                /* of the window, samples */
    /* 1 / n as libvmaf has it: nine significant decimals, then single precision. n: 1 to the square of the window */
    float reciprocal[VP_CAMBI_WINDOW * VP_CAMBI_WINDOW + 1];
} VpCambiBand;

typedef struct VpCambiKernels {
    /* Is one of the w samples larger than `largest`? */
    bool (*exceeds)(const uint16_t *s, int w, int largest);
    /* Codes of samples: s << up, or (s + round) >> down. */
    void (*widen8)(const uint8_t *s, int w, uint16_t *y); /* 8 bits */
    void (*scale16)(const uint16_t *s, int w, int bpc, uint16_t *y); /* 9 to 16 bits */
    /* Means of 2 x 2 codes, rounded down; a[w] and b[w] are set. */
    void (*smooth)(const uint16_t *a, const uint16_t *b, int w, uint16_t *y);
    /* z = 1 where a code equals the next one in its row and the one below, else 0; a[w] is set. The z there before
     * leave the column sums, the new ones enter. */
    void (*flat)(const uint16_t *a, const uint16_t *below, int w, uint8_t *z, uint8_t *sum);
    /* Marks every sample as unmasked whose 7 column sums are not above the threshold; sample i lies in column
     * i * step. sum[-3] .. sum[(n - 1) * step + 3] are set, VP_CAMBI_PAD entries after them may be read. */
    void (*mask)(const uint8_t *sum, int n, int step, int threshold, uint16_t *y);
    void (*every_second)(const uint16_t *y, int n, uint16_t *out); /* out[i] = y[2 * i] */

    /* The mode filter: of three codes the one that two of them share, else the least; first of neighbours in a row
     * (the first and the last column stay; masks are dropped), then of three such rows. `y` keeps its masks. */
    void (*mode_across)(const uint16_t *y, int w, uint16_t *t);
    void (*mode_down)(const uint16_t *above, const uint16_t *t, const uint16_t *below, int w, uint16_t *y);

    void (*codes)(uint16_t *y, int w, int low, int n_codes); /* from samples, in place */

    /* Sample counts by code and column: count[(code + n_diffs) * stride + column]. Code in[x] gains 1 in the columns
     * x .. x + 2 * radius, code out[x] loses 1 there. Vector code adds 0 to VP_CAMBI_PAD more columns. */
    void (*slide)(const VpCambiBand *band, uint16_t *count, ptrdiff_t stride, const uint16_t *in, const uint16_t *out,
                  int n);
    /* The contrasts of those of n samples at whose code some step is visible, in order, into c (n + VP_CAMBI_PAD
     * entries writable); how many. Column x belongs to sample x. n: at most VP_CAMBI_TILE. */
    int (*contrast)(const VpCambiBand *band, const uint16_t *count, ptrdiff_t stride, const uint16_t *code, int n,
                    float *c);
    /* The exact sum of n contrasts in units of 2^-24, and how many of them are not 0. */
    int64_t (*sum)(const float *c, size_t n, size_t *non_zero);
} VpCambiKernels;

/* A contrast, 0 or at least 0.5, in units of 2^-24: exact. */
static inline int64_t vp_cambi_units(float c)
{
    return (int64_t)(c * 16777216.0f);
}

extern const VpCambiKernels vp_cambi_plain; /* plain C */
/* cpu: VP_CPU_ flags */
void vp_cambi_kernels_init(VpCambiKernels *k, unsigned cpu);

#endif
