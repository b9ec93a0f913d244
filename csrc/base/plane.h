/* Pictures as extractors see them: views, never owners. */
#ifndef VP_BASE_PLANE_H
#define VP_BASE_PLANE_H

#include <stddef.h>
#include <stdint.h>

#include "vmaf_api.h"

/* Samples are bytes in 8-bit streams, else native uint16_t with the value in the low bits. Nothing outside the w
 * samples of the h rows may be read. No alignment beyond that of a sample. */
typedef struct VpPlane {
    const uint8_t *data;
    ptrdiff_t stride; /* bytes; may be negative */
    int w, h;         /* samples */
} VpPlane;

typedef struct VpPicture {
    VpPlane plane[3]; /* Y, Cb, Cr; chroma sizes round down */
    int n_planes;     /* 1 for 4:0:0, else 3 */
} VpPicture;

/* What all pictures of a stream share, and the instructions to use. */
typedef struct VpStream {
    int w, h; /* luma samples */
    int bpc;  /* bits per sample, 8 to 16 */
    enum VmafPixelFormat pix_fmt;
    unsigned cpu;    /* VP_CPU_ flags */
    int n_distorted; /* pictures that are compared with one reference; 1 or more */
} VpStream;

static inline const void *vp_row(const VpPlane *p, int y)
{
    return p->data + (ptrdiff_t)y * p->stride;
}

#endif
