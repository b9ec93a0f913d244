/* Integer ADM: the row kernels. What is exact here is exact on every instruction level, bit for bit.
 *
 * S. Li et al., "Image quality assessment by separately evaluating detail losses and additive impairments", IEEE
 * Trans. Multimedia 13(5), 2011, in the fixed point of libvmaf 3.2: a four-scale wavelet of both pictures, the
 * distorted coefficients split into what restores the reference and what was added to it, each weighted by contrast
 * sensitivity and lowered by what the other masks.
 *
 * Bands: `a` low-pass both ways, h (horizontal edges: high-pass along columns), v (high-pass along rows), d (both);
 * triples are in the order h, v, d. Coefficients are int16_t at scale 0 and int32_t above it; where a kernel comes
 * in these two forms its rows are void pointers.
 *
 * Rows of coefficients and of everything made from them are padded: a kernel may read and write entries from n up to
 * the next multiple of VP_ADM_PAD, whose content is never used. Rows of one call do not overlap. */
#ifndef VP_KERNEL_ADM_H
#define VP_KERNEL_ADM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VP_ADM_SCALES = 4,
    VP_ADM_TAPS = 4,
    VP_ADM_PAD = 32,
    VP_ADM_H = 0,
    VP_ADM_V = 1,
    VP_ADM_D = 2,
    VP_ADM_BANDS = 3,
};

/* Bounds that kernels may rely on, whatever the pictures: magnitudes of the coefficients of scale 0 and above it, and
 * of what decoupling makes of them. */
enum { VP_ADM_MAX16 = 22930, VP_ADM_MAX32 = 1491400000 };

/* Contrast sensitivity in fixed point: 21 fractional bits in h and v and 23 in d at scale 0, where only 16 bits of it
 * are kept, 32 bits above. */
typedef struct VpAdmFactors {
    uint32_t hv, d;
} VpAdmFactors;

typedef struct VpAdmWaveletKernels {
    /* Vertical pass at scale 0: n input columns of four neighbouring rows give n low-pass and n high-pass ones. hi may
     * be NULL. The rows of the picture are read up to column n - 1 and no further; n >= 32. */
    void (*rows8)(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n);
    void (*rows16)(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n); /* 9 to 16 bits */
    /* Horizontal pass: n output columns, the first from in[0..3], the next from in[2..5] and so on; the input of the
     * padding, too, may be read. hi may be NULL. */
    void (*columns16)(const int16_t *in, int16_t *lo, int16_t *hi, int n);
    /* The same above scale 0; the vertical pass of scale 1 reads int16_t. shift: 15 or 16. */
    void (*rows_widen)(const int16_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n);
    void (*rows32)(const int32_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n);
    void (*columns32)(const int32_t *in, int shift, int32_t *lo, int32_t *hi, int n);
} VpAdmWaveletKernels;

typedef struct VpAdmBandKernels {
    /* Of reference o and distorted t: the part r of t that restores o, before its gain is limited, and whether the
     * two are within one degree of each other at this position (-1 or 0, in the type of a coefficient). */
    void (*restore)(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                    void *const r[VP_ADM_BANDS], void *close, int n);
    /* From those, with a gain limit of 1 to 100: the restored part r and the added part a = t - r. */
    void (*limit)(const void *const restored[VP_ADM_BANDS], const void *close, const void *const t[VP_ADM_BANDS],
                  double gain, void *const r[VP_ADM_BANDS], void *const a[VP_ADM_BANDS], int n);
    /* What z masks: `around` to each of its 8 neighbours, `centre` more than that at its own position; summed over
     * the bands. */
    void (*mask)(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n);
    /* Per band, the sum of n cubes of what of z is above the thresholds. log2_width: of the whole band, rounded up. */
    void (*cubes)(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *threshold, int log2_width,
                  int n, uint64_t sum[VP_ADM_BANDS]);
    /* Per band, the sum of n cubes of the reference. scale: 1 to 3; log2_width: of the columns summed, rounded up.
     * Scale 0 uses neither. */
    void (*cubes_reference)(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                            uint64_t sum[VP_ADM_BANDS]);
} VpAdmBandKernels;

typedef struct VpAdmKernels {
    VpAdmWaveletKernels wavelet;
    VpAdmBandKernels band[2]; /* of int16_t at scale 0, of int32_t above */
    /* Thresholds of one row from the masks of the rows above, at and below it. Entries -1 and n of around[] are used
     * too; VP_ADM_PAD entries beyond its padding may be read. */
    void (*threshold)(const int32_t *const around[3], const int32_t *centre, int32_t *threshold, int n);
} VpAdmKernels;

/* cpu: VP_CPU_ flags */
void vp_adm_kernels_init(VpAdmKernels *k, unsigned cpu);

#endif
