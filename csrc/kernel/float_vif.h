/* The kernels of floating-point VIF: windowed moments of two pictures and the information they share.
 * Precision, padding and row layout as in float_rows.h. */
#ifndef VP_KERNEL_FLOAT_VIF_H
#define VP_KERNEL_FLOAT_VIF_H

#include <stdbool.h>

#include "kernel/float_rows.h"

enum {
    VP_FLOAT_VIF_SCALES = 4,
    VP_FLOAT_VIF_ROWS = 8, /* output rows made together */
};

/* Moments of the reference x and the distorted y, as rows of results are ordered. */
enum { VP_VIF_X, VP_VIF_Y, VP_VIF_XX, VP_VIF_YY, VP_VIF_XY, VP_VIF_MOMENTS };

typedef struct VpFloatVifKernels {
    /* Vertical pass over the five moments, VP_FLOAT_VIF_ROWS output rows at once:
     * out[r * VP_VIF_MOMENTS + m][i] = sum over k of tap[k] * p[r + k][i], where p is x, y, x * x, y * y, x * y.
     * x, y: VP_FLOAT_VIF_ROWS + taps - 1 rows, taps <= VP_FLOAT_MAX_TAPS. Padded. */
    void (*moments)(const float *const *x, const float *const *y, const float *tap, int taps, int w,
                    float *const *out);
    /* The information of one row of positions: den[i] of the reference and, for each of n gain limits, num[g][i] of
     * what the distorted picture keeps of it. moment: five filtered rows. noise: variance of the visual noise, >= 0.
     * Padded. */
    void (*information)(const float *const moment[VP_VIF_MOMENTS], int w, double noise, const float *gain, int n,
                        float *const *num, float *den);
} VpFloatVifKernels;

void vp_float_vif_kernels_init(VpFloatVifKernels *k, unsigned cpu);
/* A level replaces what it has. */
void vp_float_vif_init_avx2(VpFloatVifKernels *k);
void vp_float_vif_init_avx512(VpFloatVifKernels *k);
void vp_float_vif_init_neon(VpFloatVifKernels *k);

/* Plain C, for window lengths that the levels leave to it. */
void vp_float_vif_moments_c(const float *const *x, const float *const *y, const float *tap, int taps, int w,
                            float *const *out);

/* log2(1 + m), 0 <= m < 1, without its constant term 0: coefficients of m^8 to m^1. */
#define VP_FLOAT_VIF_LOG2                                                                                           \
    {                                                                                                               \
        -0.012671635276421f, 0.064841182402670f, -0.157048836463065f, 0.257167726303123f, -0.353800560300520f,      \
            0.480131410397451f, -0.721314327952201f, 1.442694803896991f                                             \
    }

/* Whether this kernel scale is one of those VIF is defined for. */
bool vp_float_vif_kernelscale_known(double kernelscale);
/* The Gaussian window of a scale, 0 to 3: its length, odd, and the taps into tap[VP_FLOAT_MAX_TAPS]. */
int vp_float_vif_window(double kernelscale, int scale, float *tap);

#endif
