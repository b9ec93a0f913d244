/* From a luma plane to the picture on which CAMBI counts: resized, 10 bit, freed of dithering, masked. */
#ifndef VP_KERNEL_CAMBI_PICTURE_H
#define VP_KERNEL_CAMBI_PICTURE_H

#include "base/plane.h"
#include "kernel/cambi.h"

typedef struct VpCambiForm {
    int in_w, in_h, bpc; /* of the planes that come */
    int w, h;            /* of the picture that is judged; resized if it differs */
    bool smooth;         /* average 2 x 2 codes, against dithering */
    bool half;           /* of the masked picture only every second row and column is wanted */
} VpCambiForm;

/* A picture of samples; rows are followed by VP_CAMBI_PAD entries. */
typedef struct VpCambiPicture {
    uint16_t *y;
    ptrdiff_t stride; /* samples */
    int w, h;
} VpCambiPicture;

typedef struct VpCambiPrepare VpCambiPrepare; /* a form with its buffers */
VpCambiPrepare *vp_cambi_prepare_open(const VpCambiForm *form); /* NULL: no memory */
void vp_cambi_prepare_close(VpCambiPrepare *p);                 /* NULL allowed */

/* Size of what vp_cambi_prepare() gives. */
void vp_cambi_prepared_size(const VpCambiForm *form, int *w, int *h);
/* 0; -EINVAL if a sample is larger than the bit depth allows. */
int vp_cambi_prepare(VpCambiPrepare *p, const VpCambiKernels *k, const VpPlane *plane, const VpCambiPicture *out);

#endif
