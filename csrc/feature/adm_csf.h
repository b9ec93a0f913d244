/* Integer ADM: contrast sensitivity per scale. */
#ifndef VP_FEATURE_ADM_CSF_H
#define VP_FEATURE_ADM_CSF_H

#include "kernel/adm.h"

/* How the picture is viewed, and what is made of it. */
typedef struct VpAdmViewing {
    int mode;             /* 0: Watson et al. 1997; 1: Barten 2003 at 100 cd/m2; 2, 3: tabulated */
    double distance;      /* in picture heights */
    int display_height;   /* in samples */
    double scale, scale_diagonal; /* multipliers of mode 1 */
} VpAdmViewing;

typedef struct VpAdmCsf {
    float hv[VP_ADM_SCALES], d[VP_ADM_SCALES];
    VpAdmFactors fixed[VP_ADM_SCALES]; /* the same in fixed point */
} VpAdmCsf;

/* 0, or -EINVAL where the mode has no factors for the distance and display height. */
int vp_adm_csf(const VpAdmViewing *viewing, VpAdmCsf *csf);

#endif
