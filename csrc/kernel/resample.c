#include "kernel/resample.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

const char *const vp_resample_names[] = {"nearest", "bilinear", "bicubic", "lanczos4", NULL};

VpResampleMethod vp_resample_method(const char *name)
{
    int i = 0;
    while (vp_resample_names[i + 1] && strcmp(vp_resample_names[i], name)) i++;
    return (VpResampleMethod)i;
}

int vp_resample_size(int n, double factor)
{
    return (int)(n * factor + 0.5);
}

static int mirror(int i, int n)
{
    if (i < 0) return -i;
    return i > n - 1 ? 2 * (n - 1) - i : i;
}

static float cubic(float t)
{
    const float a = -0.75f, q = fabsf(t);
    if (q < 1) return ((a + 2) * q - (a + 3)) * q * q + 1;
    if (q < 2) return (((q - 5) * q + 8) * q - 4) * a;
    return 0;
}

static float lanczos4(float t)
{
    const double pi = 3.14159265358979323846, q = t;
    if (q == 0) return 1;
    if (fabs(q) >= 4) return 0;
    return (float)(4 * sin(pi * q) * sin(pi * q / 4) / (pi * pi * q * q));
}

/* Indices and weights of one direction. */
static int make_taps(VpResampleMethod method, int n, int n_out, int taps, int *index, float *weight)
{
    const float ratio = (float)n / (float)n_out;
    for (int i = 0; i < n_out; i++, index += taps, weight += taps) {
        const float u = (float)((i + 0.5) * ratio - 0.5);
        const int base = (int)floorf(u);
        switch (method) {
        case VP_RESAMPLE_NEAREST: index[0] = (int)((float)i * ratio); break;
        case VP_RESAMPLE_BILINEAR:
            index[0] = mirror(base, n);
            index[1] = mirror((int)ceilf(u), n);
            /* from the mirrored index: negative before the first sample */
            weight[1] = u - (float)index[0];
            weight[0] = 1 - weight[1];
            break;
        case VP_RESAMPLE_BICUBIC:
        case VP_RESAMPLE_LANCZOS4:
            for (int k = 0; k < taps; k++) {
                const int tap = k - (taps - 1) / 2;
                const float t = (float)tap - (u - (float)base);
                index[k] = mirror(base + tap, n);
                weight[k] = method == VP_RESAMPLE_BICUBIC ? cubic(t) : lanczos4(t);
            }
        }
        for (int k = 0; k < taps; k++)
            if (index[k] < 0 || index[k] >= n) return -EINVAL;
    }
    return 0;
}

int vp_resample_open(VpResample *r, VpResampleMethod method, int w, int h, int w_out, int h_out)
{
    static const int taps_of[] = {1, 2, 4, 9};
    const int taps = taps_of[method];
    int err = -ENOMEM;
    memset(r, 0, sizeof *r);
    r->method = method;
    r->w_out = w_out;
    r->h_out = h_out;
    r->taps = taps;
    r->column = vp_alloc((size_t)w_out * taps, sizeof *r->column);
    r->row = vp_alloc((size_t)h_out * taps, sizeof *r->row);
    r->x_weight = vp_alloc((size_t)w_out * taps, sizeof *r->x_weight);
    r->y_weight = vp_alloc((size_t)h_out * taps, sizeof *r->y_weight);
    if (!r->column || !r->row || !r->x_weight || !r->y_weight) goto fail;
    err = make_taps(method, w, w_out, taps, r->column, r->x_weight);
    if (!err) err = make_taps(method, h, h_out, taps, r->row, r->y_weight);
    if (err) goto fail;
    return 0;
fail:
    vp_resample_close(r);
    return err;
}

void vp_resample_close(VpResample *r)
{
    vp_free(r->column);
    vp_free(r->row);
    vp_free(r->x_weight);
    vp_free(r->y_weight);
    memset(r, 0, sizeof *r);
}

void vp_resample_row(const VpResample *r, const float *src, ptrdiff_t stride, int y, int x0, int x1, float *out)
{
    const int taps = r->taps;
    const int *row = r->row + (ptrdiff_t)y * taps;
    const float *wy = r->y_weight + (ptrdiff_t)y * taps;
    for (int x = x0; x < x1; x++, out++) {
        const int *column = r->column + (ptrdiff_t)x * taps;
        const float *wx = r->x_weight + (ptrdiff_t)x * taps;
        if (r->method == VP_RESAMPLE_NEAREST) {
            *out = src[row[0] * stride + column[0]];
            continue;
        }
        float sum = 0, weights = 0;
        for (int j = 0; j < taps; j++)
            for (int i = 0; i < taps; i++) {
                const float weight = wy[j] * wx[i];
                sum += src[row[j] * stride + column[i]] * weight;
                weights += weight;
            }
        *out = r->method == VP_RESAMPLE_LANCZOS4 ? sum / weights : sum;
    }
}
