/* Resampling of float planes: the pre-scaling of VIF and SpEED and the halving of motion.
 *
 * Output column x lies at u = (x + 0.5) * w / w_out - 0.5 of the source, indices outside the plane are mirrored
 * without repeating the edge. All arithmetic is single precision in a fixed order, so that a sample may be computed
 * alone: any row, any range of columns. */
#ifndef VP_KERNEL_RESAMPLE_H
#define VP_KERNEL_RESAMPLE_H

#include <stddef.h>

typedef enum VpResampleMethod {
    VP_RESAMPLE_NEAREST,
    VP_RESAMPLE_BILINEAR,
    VP_RESAMPLE_BICUBIC, /* A = -0.75 */
    VP_RESAMPLE_LANCZOS4,
} VpResampleMethod;

/* Names in the order of the enumeration, ended by NULL. */
extern const char *const vp_resample_names[];
VpResampleMethod vp_resample_method(const char *name); /* one of the names */

typedef struct VpResample {
    VpResampleMethod method;
    int w_out, h_out;
    int taps;                   /* per direction: 1, 2, 4 or 9 */
    int *column, *row;          /* source indices, taps per output column and row, in tap order */
    float *x_weight, *y_weight; /* as many weights; not for nearest */
} VpResample;

/* Size after scaling: n * factor to the nearest integer, halves up. */
int vp_resample_size(int n, double factor);

/* 0, or -ENOMEM, or -EINVAL where a mirrored index would leave the source. All sizes at least 1. */
int vp_resample_open(VpResample *r, VpResampleMethod method, int w, int h, int w_out, int h_out);
void vp_resample_close(VpResample *r); /* a zeroed struct is closed */

/* Columns x0 <= x < x1 of output row y into out[0 .. x1 - x0 - 1]. stride: floats from row to row of src. */
void vp_resample_row(const VpResample *r, const float *src, ptrdiff_t stride, int y, int x0, int x1, float *out);

#endif
