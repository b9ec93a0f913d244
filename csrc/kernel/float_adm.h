/* The kernels of floating-point ADM: wavelet, decoupling, contrast masking.
 * Precision, padding and row layout as in float_rows.h. */
#ifndef VP_KERNEL_FLOAT_ADM_H
#define VP_KERNEL_FLOAT_ADM_H

#include <stdbool.h>

#include "kernel/float_rows.h"

enum { VP_FLOAT_ADM_LEVELS = 4 };

/* Detail bands: high vertically, high horizontally, high in both directions. */
enum { VP_ADM_H, VP_ADM_V, VP_ADM_D, VP_ADM_BANDS };

/* Bands after decoupling: what is left of the reference, then what the distortion added. */
enum { VP_ADM_RESTORED = 0, VP_ADM_ADDED = VP_ADM_BANDS, VP_ADM_PARTS = 2 * VP_ADM_BANDS };

typedef struct VpFloatAdmKernels {
    /* Both halves of four rows: low[x], high[x] = sum over k of tap[k] * row[k][x]. Padded. */
    void (*split_rows)(const float *const row[4], int w, float *low, float *high);
    /* Both halves of a row: low[x], high[x] = sum over k of tap[k] * row[2 * x - 1 + k]. w: samples of low, padded;
     * row holds twice as many and one at its start. */
    void (*split_row)(const float *row, int w, float *low, float *high);
    /* Separates a distorted row t into what is left of the reference o and the rest, and weighs both by the contrast
     * sensitivity of the band, weight[]:
     * weighted[VP_ADM_RESTORED + b] = |weight[b] * R|, weighted[VP_ADM_ADDED + b] = |weight[b] * (t[b] - R)|;
     * share[p] = weighted[p] / 30, the masking a neighbour gives. gain >= 1: limit of enhancement. Padded. */
    void (*decouple)(const float *const o[VP_ADM_BANDS], const float *const t[VP_ADM_BANDS], int w, double gain,
                     const float weight[VP_ADM_BANDS], float *const weighted[VP_ADM_PARTS],
                     float *const share[VP_ADM_PARTS]);
    /* term[b] = e or e * e * e, e = |weight[b] * band[b]|. Padded. */
    void (*energy)(const float *const band[VP_ADM_BANDS], const float weight[VP_ADM_BANDS], int w, bool cube,
                   float *const term[VP_ADM_BANDS]);
    /* The same with e = what of measured[b] exceeds the masking threshold, common to the bands: the sum of the mask's
     * shares over the eight neighbours and twice the share of the middle, mask[b]. share: of the mask, the rows above,
     * at and below of band b in share[3 * b ..], read from [-1] on. Padded, share one more. */
    void (*masked_energy)(const float *const measured[VP_ADM_BANDS], const float *const mask[VP_ADM_BANDS],
                          const float *const share[3 * VP_ADM_BANDS], int w, bool cube,
                          float *const term[VP_ADM_BANDS]);
} VpFloatAdmKernels;

void vp_float_adm_kernels_init(VpFloatAdmKernels *k, unsigned cpu);
/* A level replaces what it has. */
void vp_float_adm_init_avx2(VpFloatAdmKernels *k);
void vp_float_adm_init_avx512(VpFloatAdmKernels *k);
void vp_float_adm_init_neon(VpFloatAdmKernels *k);

/* Plain C, for gain limits that the levels leave to it. */
void vp_float_adm_decouple_c(const float *const o[VP_ADM_BANDS], const float *const t[VP_ADM_BANDS], int w,
                             double gain, const float weight[VP_ADM_BANDS], float *const weighted[VP_ADM_PARTS],
                             float *const share[VP_ADM_PARTS]);

/* Daubechies' wavelet of four taps. */
extern const float vp_float_adm_low[4], vp_float_adm_high[4];

/* Masking shares, kept as decimal fractions where libvmaf has them. */
#define VP_FLOAT_ADM_SHARE 0.0333333351
#define VP_FLOAT_ADM_SHARE_MIDDLE 0.0666666701

/* cos(1 degree) squared: gradients closer than that differ in contrast alone. */
#define VP_FLOAT_ADM_COS2 0.99969541350954788f

/* How sensitive the eye is to the bands of a level, 0 to 3. */
typedef struct VpFloatAdmViewing {
    int mode;        /* 1: Barten; 2: Mannos and Sakrison's shape; else Watson's wavelet quantisation */
    double distance; /* in heights of the display */
    int height;      /* of the display, in rows of samples */
    double scale, diagonal_scale; /* mode 1 only */
} VpFloatAdmViewing;
void vp_float_adm_sensitivity(const VpFloatAdmViewing *viewing, int level, float *straight, float *diagonal);

#endif
