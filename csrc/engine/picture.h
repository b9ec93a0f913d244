/* Reference-counted pictures. */
#ifndef VP_ENGINE_PICTURE_H
#define VP_ENGINE_PICTURE_H

#include <stdbool.h>

#include "base/plane.h"

enum { VP_SIDE_MAX = 16384 }; /* samples of a picture side; twice 8K. Keeps every byte count far inside an int */

/* Whether pictures of this form can exist here: a known format, 8 to 16 bits, 1 to VP_SIDE_MAX samples a side. */
bool vp_picture_known_form(enum VmafPixelFormat pix_fmt, unsigned bpc, unsigned w, unsigned h);
/* 0 if the picture has a known form, planes, strides and chroma sizes that fit it, and a reference count, else
 * -EINVAL. */
int vp_picture_check(const VmafPicture *pic);
/* Whether two checked pictures share size, pixel format and bit depth. */
bool vp_picture_same_form(const VmafPicture *a, const VmafPicture *b);
VpPicture vp_picture_view(const VmafPicture *pic);
/* One more reference to the picture. */
VmafPicture vp_picture_hold(const VmafPicture *pic);
/* Drops the reference of *pic, if it has one, and zeroes it. */
void vp_picture_drop(VmafPicture *pic);

#endif
