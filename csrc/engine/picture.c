#include "engine/picture.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A caller may use any aligned 32-bit counter of its own in place of one from vmaf_ref_init(), as long as it never lets
 * it reach 0. */
struct VmafRef {
    atomic_int count;
};

/* What vmaf_ref_init() makes, and only what reaches 0 is taken for. */
typedef struct {
    VmafRef ref; /* first: a pointer to it is one to the whole */
    void *block; /* samples, if they came from vmaf_picture_alloc() */
} OwnRef;

int vmaf_ref_init(VmafRef **ref)
{
    if (!ref) return -EINVAL;
    OwnRef *own = malloc(sizeof(*own));
    if (!own) return -ENOMEM;
    atomic_init(&own->ref.count, 1);
    own->block = NULL;
    *ref = &own->ref;
    return 0;
}

void vmaf_ref_fetch_increment(VmafRef *ref)
{
    if (ref) atomic_fetch_add_explicit(&ref->count, 1, memory_order_relaxed);
}

long vmaf_ref_load(VmafRef *ref)
{
    return ref ? atomic_load_explicit(&ref->count, memory_order_acquire) : 0;
}

int vmaf_ref_close(VmafRef *ref)
{
    if (!ref) return -EINVAL;
    free(ref);
    return 0;
}

static bool subsampled_x(enum VmafPixelFormat f)
{
    return f == VMAF_PIX_FMT_YUV420P || f == VMAF_PIX_FMT_YUV422P;
}

static bool subsampled_y(enum VmafPixelFormat f)
{
    return f == VMAF_PIX_FMT_YUV420P;
}

bool vp_picture_known_form(enum VmafPixelFormat pix_fmt, unsigned bpc, unsigned w, unsigned h)
{
    return pix_fmt >= VMAF_PIX_FMT_YUV420P && pix_fmt <= VMAF_PIX_FMT_YUV400P && bpc >= 8 && bpc <= 16 && w &&
           w <= VP_SIDE_MAX && h && h <= VP_SIDE_MAX;
}

int vmaf_picture_alloc(VmafPicture *pic, enum VmafPixelFormat pix_fmt, unsigned bpc, unsigned w, unsigned h)
{
    if (!pic || !vp_picture_known_form(pix_fmt, bpc, w, h)) return -EINVAL;
    VmafPicture p = {.pix_fmt = pix_fmt, .bpc = bpc};
    size_t offset[3] = {0}, bytes = 0;
    const int n_planes = pix_fmt == VMAF_PIX_FMT_YUV400P ? 1 : 3;
    for (int i = 0; i < n_planes; i++) {
        p.w[i] = i && subsampled_x(pix_fmt) ? w / 2 : w;
        p.h[i] = i && subsampled_y(pix_fmt) ? h / 2 : h;
        p.stride[i] = (ptrdiff_t)((p.w[i] + 31) / 32 * 32 * (bpc > 8 ? 2 : 1));
        offset[i] = bytes;
        bytes += (size_t)p.stride[i] * p.h[i];
    }
    uint8_t *block = vp_calloc(bytes, 1);
    if (!block) return -ENOMEM;
    if (vmaf_ref_init(&p.ref)) {
        vp_free(block);
        return -ENOMEM;
    }
    ((OwnRef *)p.ref)->block = block;
    for (int i = 0; i < n_planes; i++) p.data[i] = block + offset[i];
    *pic = p;
    return 0;
}

void vp_picture_drop(VmafPicture *pic)
{
    VmafRef *ref = pic->ref;
    memset(pic, 0, sizeof(*pic));
    /* the thread that takes the last reference sees what all others did with the picture */
    if (ref && atomic_fetch_sub_explicit(&ref->count, 1, memory_order_acq_rel) == 1) {
        OwnRef *own = (OwnRef *)ref;
        vp_free(own->block);
        free(own);
    }
}

int vmaf_picture_unref(VmafPicture *pic)
{
    if (!pic || !pic->ref) return -EINVAL;
    vp_picture_drop(pic);
    return 0;
}

VmafPicture vp_picture_hold(const VmafPicture *pic)
{
    vmaf_ref_fetch_increment(pic->ref);
    return *pic;
}

int vp_picture_check(const VmafPicture *pic)
{
    if (!pic->ref || !vp_picture_known_form(pic->pix_fmt, pic->bpc, pic->w[0], pic->h[0])) return -EINVAL;
    const unsigned sample = pic->bpc > 8 ? 2 : 1, w = pic->w[0], h = pic->h[0];
    for (int i = 0; i < (pic->pix_fmt == VMAF_PIX_FMT_YUV400P ? 1 : 3); i++) {
        const unsigned sx = i && subsampled_x(pic->pix_fmt), sy = i && subsampled_y(pic->pix_fmt);
        /* decoders round chroma sizes up, libvmaf down */
        if (pic->w[i] < w >> sx || pic->w[i] > (w + sx) >> sx) return -EINVAL;
        if (pic->h[i] < h >> sy || pic->h[i] > (h + sy) >> sy) return -EINVAL;
        if (!pic->w[i] || !pic->h[i]) continue;
        const ptrdiff_t row = (ptrdiff_t)pic->w[i] * sample;
        if (!pic->data[i] || (pic->stride[i] < row && pic->stride[i] > -row)) return -EINVAL;
        if ((uintptr_t)pic->data[i] % sample || pic->stride[i] % (ptrdiff_t)sample) return -EINVAL;
    }
    return 0;
}

bool vp_picture_same_form(const VmafPicture *a, const VmafPicture *b)
{
    return a->pix_fmt == b->pix_fmt && a->bpc == b->bpc && a->w[0] == b->w[0] && a->h[0] == b->h[0];
}

VpPicture vp_picture_view(const VmafPicture *pic)
{
    VpPicture view = {.n_planes = pic->pix_fmt == VMAF_PIX_FMT_YUV400P ? 1 : 3};
    for (int i = 0; i < view.n_planes; i++)
        view.plane[i] = (VpPlane){
            .data = pic->data[i],
            .stride = pic->stride[i],
            .w = (int)(pic->w[0] >> (i && subsampled_x(pic->pix_fmt))),
            .h = (int)(pic->h[0] >> (i && subsampled_y(pic->pix_fmt))),
        };
    return view;
}
