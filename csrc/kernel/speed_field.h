/* From a plane to the field whose statistics SpEED takes: resized, low-passed, one of 16 x 16 samples, local mean off.
 *
 * Of the filtered plane only every 16th sample in either direction is ever computed. */
#ifndef VP_KERNEL_SPEED_FIELD_H
#define VP_KERNEL_SPEED_FIELD_H

#include "base/plane.h"
#include "kernel/speed.h"

typedef enum { VP_SPEED_NEAREST, VP_SPEED_BILINEAR, VP_SPEED_BICUBIC, VP_SPEED_LANCZOS4 } VpSpeedMethod;

/* What a field depends on beside the samples. */
typedef struct VpSpeedShape {
    int in_w, in_h; /* of the plane */
    int w, h;       /* that it is resized to */
    bool resized;   /* by `method`; else the plane, or its first w columns and h rows, is taken as it is */
    VpSpeedMethod method;
    float kernel_scale; /* of both filters */
} VpSpeedShape;

/* The shape of a prescale option. Shapes that give the same fields are equal, byte by byte. */
void vp_speed_shape_init(VpSpeedShape *shape, int in_w, int in_h, double prescale, VpSpeedMethod method,
                         float kernel_scale);
/* Fewer than VP_SPEED_SIDE samples on a side of the field: no block fits. */
bool vp_speed_shape_too_small(const VpSpeedShape *shape);

/* A plane, or the difference of two. */
typedef struct VpSpeedSource {
    const VpPlane *plane, *minus; /* minus: NULL, or what is subtracted */
    int bpc;                      /* 8, 10, 12 or 16 */
} VpSpeedSource;

typedef struct VpSpeedPlan VpSpeedPlan; /* tables and buffers of one shape */
VpSpeedPlan *vp_speed_plan_open(const VpSpeedShape *shape); /* NULL: no memory */
void vp_speed_plan_close(VpSpeedPlan *plan);                /* NULL allowed */

/* w by h samples; VP_SPEED_PAD floats after the last one may be read */
typedef struct VpSpeedField {
    const float *z;
    ptrdiff_t stride;
    int w, h;
} VpSpeedField;
/* Valid until the plan is used again. */
VpSpeedField vp_speed_field(VpSpeedPlan *plan, const VpSpeedKernels *k, const VpSpeedSource *source);

/* The taps of a Gaussian, from single precision parameters. */
void vp_speed_gaussian(float *tap, int n, float deviation);
int vp_speed_antialias_size(float kernel_scale);
int vp_speed_mean_size(float kernel_scale);

#endif
