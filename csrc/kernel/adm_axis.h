/* Integer ADM: which part of each scale is needed, along one axis. */
#ifndef VP_KERNEL_ADM_AXIS_H
#define VP_KERNEL_ADM_AXIS_H

#include "kernel/adm.h"

/* Ranges are half-open. */
typedef struct VpAdmAxis {
    int band;           /* length of a band */
    int crop, crop_end; /* what is summed: a tenth is left out on either side */
    int ring, ring_end; /* that and a coefficient on either side, where the band has one: what masks it */
    int out, out_end;   /* outputs needed, by the ring or by the next scale */
    int in, in_end;     /* inputs (at scale 0: samples) read for those */
} VpAdmAxis;

/* For pictures of n samples along the axis, n >= 33. */
void vp_adm_axis_init(VpAdmAxis axis[VP_ADM_SCALES], int n);

/* The input that stands for input i of n: -1 is input 1, n is input n - 1, n + 1 is input n - 2. */
int vp_adm_reflect(int i, int n);

#endif
