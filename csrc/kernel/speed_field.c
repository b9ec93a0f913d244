#include "kernel/speed_field.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum {
    STEP = 16,
    MAX_TAPS = 35, /* at the largest kernel scale, 360 / 97 */
    REACH = 4,     /* of lanczos4 */
    SPAN = 2 * REACH + 1,
};
#define PI 3.14159265358979323846

struct VpSpeedPlan {
    VpSpeedShape shape;
    int field_w, field_h;
    int n_taps, n_mean_taps;
    float tap[MAX_TAPS], mean_tap[MAX_TAPS];
    int n;              /* samples of the rows that are filtered */
    int32_t *column;    /* of the filtered row, for each sample of the field, tap by tap */
    int32_t *i0, *i1;   /* resizing: columns of the plane for each of the n; of nearest i0 */
    float *fraction;    /* its share of the second column */
    float *across_weight; /* of bicubic and lanczos4: SPAN for each of the n, around column i0 */
    float *wide[2], *other; /* rows of the plane */
    float *row, *weight; /* one resized row, and what lanczos4 divides it by */
    float *sum;         /* of the vertical filter */
    float *raw, *z;
    void *memory;
};

static int odd(float v)
{
    const int n = (int)ceilf(v);
    return n % 2 ? n : n + 1;
}

int vp_speed_antialias_size(float kernel_scale)
{
    const int n = odd(9.0f * kernel_scale);
    return n < 3 ? 3 : n;
}

int vp_speed_mean_size(float kernel_scale)
{
    const int n = odd(2.0f * kernel_scale);
    return n < 3 ? 3 : n;
}

void vp_speed_gaussian(float *tap, int n, float deviation)
{
    const double sg = (double)deviation;
    const float c = (float)(1.0 / (sg * sqrt(2.0 * PI)));
    float sum = 0;
    for (int i = 0; i < n; i++) {
        const double t = i - (n - 1) / 2;
        const float e = (float)exp(-0.5 * t / sg * t / sg);
        tap[i] = e / c;
        sum += tap[i];
    }
    for (int i = 0; i < n; i++) tap[i] = tap[i] / sum;
}

void vp_speed_shape_init(VpSpeedShape *shape, int in_w, int in_h, double prescale, VpSpeedMethod method,
                         float kernel_scale)
{
    memset(shape, 0, sizeof *shape);
    shape->in_w = in_w;
    shape->in_h = in_h;
    shape->w = (int)(in_w * prescale + 0.5);
    shape->h = (int)(in_h * prescale + 0.5);
    shape->kernel_scale = kernel_scale;
    if (fabs(prescale - 1) < 0.001) { /* never resized: there is nothing beyond the plane */
        if (shape->w > in_w) shape->w = in_w;
        if (shape->h > in_h) shape->h = in_h;
    } else if (shape->w != in_w || shape->h != in_h) {
        shape->resized = true;
        shape->method = method;
    }
}

bool vp_speed_shape_too_small(const VpSpeedShape *shape)
{
    return shape->w / STEP < VP_SPEED_SIDE || shape->h / STEP < VP_SPEED_SIDE;
}

static int reflect(int i, int n)
{
    if (i < 0) return -i;
    return i > n - 1 ? 2 * (n - 1) - i : i;
}

/* Where sample x of n lies among n_in. */
static float position(int x, int n_in, int n)
{
    const float ratio = (float)n_in / (float)n;
    return (float)(((double)x + 0.5) * (double)ratio - 0.5);
}

/* The two neighbours, and the share of the second. At the edge of an enlarged plane the share is counted from the
 * reflected neighbour and negative: the definition has it so. */
static float neighbours(int x, int n_in, int n, int32_t *i0, int32_t *i1)
{
    const float u = position(x, n_in, n);
    *i0 = reflect((int)floorf(u), n_in);
    *i1 = reflect((int)ceilf(u), n_in);
    return u - (float)*i0;
}

static int nearest(int x, int n_in, int n)
{
    const float ratio = (float)n_in / (float)n;
    const int i = (int)((float)x * ratio);
    return i < n_in ? i : n_in - 1;
}

static float cubic(float q)
{
    const float a = -0.75f;
    q = fabsf(q);
    if (q < 1) return ((a + 2) * q - (a + 3)) * q * q + 1;
    if (q < 2) return (((q - 5) * q + 8) * q - 4) * a;
    return 0;
}

static float lanczos4(float q)
{
    const double r = (double)fabsf(q);
    if (r == 0) return 1;
    if (r >= 4) return 0;
    return (float)(4.0 * sin(PI * r) * sin(PI * r / 4.0) / (PI * PI * r * r));
}

/* The taps of a resizing method that has more than two: offsets, and weights around a position. */
static int low_tap(VpSpeedMethod method)
{
    return method == VP_SPEED_LANCZOS4 ? -REACH : -1;
}

static int high_tap(VpSpeedMethod method)
{
    return method == VP_SPEED_LANCZOS4 ? REACH : 2;
}

static float weigh(VpSpeedMethod method, float q)
{
    return method == VP_SPEED_LANCZOS4 ? lanczos4(q) : cubic(q);
}

static void set_weights(VpSpeedPlan *p, int i, int x)
{
    const VpSpeedMethod method = p->shape.method;
    const float u = position(x, p->shape.in_w, p->shape.w), floor_u = floorf(u);
    const int low = low_tap(method);
    p->i0[i] = (int32_t)floor_u;
    for (int t = low; t <= high_tap(method); t++)
        p->across_weight[i * SPAN + t - low] = weigh(method, (float)t - (u - floor_u));
}

VpSpeedPlan *vp_speed_plan_open(const VpSpeedShape *shape)
{
    VpSpeedPlan *const p = vp_calloc(1, sizeof *p);
    if (!p) return NULL;
    p->shape = *shape;
    p->field_w = shape->w / STEP;
    p->field_h = shape->h / STEP;
    p->n_taps = vp_speed_antialias_size(shape->kernel_scale);
    p->n_mean_taps = vp_speed_mean_size(shape->kernel_scale);
    vp_speed_gaussian(p->tap, p->n_taps, (float)(2 * p->n_taps) / 5.0f);
    vp_speed_gaussian(p->mean_tap, p->n_mean_taps, (float)p->n_mean_taps / 5.0f);
    const int reads = p->field_w * p->n_taps;
    p->n = shape->resized ? reads : shape->w;

    const size_t n = (size_t)(p->n > reads ? p->n : reads) + VP_SPEED_PAD;
    const size_t wide = (size_t)shape->in_w + VP_SPEED_PAD;
    const size_t field = (size_t)p->field_w * (size_t)p->field_h + VP_SPEED_PAD;
    const bool many_taps = shape->resized && shape->method > VP_SPEED_BILINEAR;
    p->memory = vp_calloc(7 * n + 3 * wide + 2 * field, sizeof(float));
    if (many_taps) p->across_weight = vp_calloc((size_t)p->n * SPAN, sizeof *p->across_weight);
    if (!p->memory || (many_taps && !p->across_weight)) {
        vp_speed_plan_close(p);
        return NULL;
    }
    float *at = p->memory;
    for (int i = 0; i < 2; i++, at += wide) p->wide[i] = at;
    p->other = at;
    p->row = at + wide;
    p->weight = p->row + n;
    p->sum = p->weight + n;
    p->fraction = p->sum + n;
    p->raw = p->fraction + n;
    p->z = p->raw + field;
    p->column = (int32_t *)(p->z + field);
    p->i0 = p->column + n;
    p->i1 = p->i0 + n;

    for (int i = 0; i < reads; i++) {
        const int x = reflect(STEP * (i / p->n_taps) + i % p->n_taps - p->n_taps / 2, shape->w);
        p->column[i % p->n_taps * p->field_w + i / p->n_taps] = shape->resized ? i : x;
        if (!shape->resized) continue;
        if (shape->method == VP_SPEED_NEAREST)
            p->i0[i] = nearest(x, shape->in_w, shape->w);
        else if (shape->method == VP_SPEED_BILINEAR)
            p->fraction[i] = neighbours(x, shape->in_w, shape->w, &p->i0[i], &p->i1[i]);
        else
            set_weights(p, i, x);
    }
    return p;
}

void vp_speed_plan_close(VpSpeedPlan *plan)
{
    if (!plan) return;
    vp_free(plan->memory);
    vp_free(plan->across_weight);
    vp_free(plan);
}

static void samples(const VpSpeedKernels *k, const VpPlane *plane, int bpc, int y, float *x)
{
    if (bpc == 8)
        k->samples8(vp_row(plane, y), plane->w, x);
    else
        k->samples16(vp_row(plane, y), plane->w, bpc == 10 ? 0.25f : bpc == 12 ? 0.0625f : 0.00390625f, x);
}

/* One row of the plane. */
static const float *load(VpSpeedPlan *p, const VpSpeedKernels *k, const VpSpeedSource *s, int y, float *x)
{
    samples(k, s->plane, s->bpc, y, x);
    if (s->minus) {
        samples(k, s->minus, s->bpc, y, p->other);
        k->subtract(x, p->other, s->plane->w, x);
    }
    return x;
}

/* Bicubic and Lanczos: rows outside, columns inside. */
static void convolve(VpSpeedPlan *p, const VpSpeedKernels *k, const VpSpeedSource *s, int y)
{
    const VpSpeedShape *const shape = &p->shape;
    const int low = low_tap(shape->method), high = high_tap(shape->method);
    const float v = position(y, shape->in_h, shape->h), floor_v = floorf(v), g = v - floor_v;
    memset(p->row, 0, (size_t)p->n * sizeof *p->row);
    memset(p->weight, 0, (size_t)p->n * sizeof *p->weight);
    for (int t = low; t <= high; t++) {
        const float down = weigh(shape->method, (float)t - g);
        const float *const in = load(p, k, s, reflect((int)floor_v + t, shape->in_h), p->wide[0]);
        for (int i = 0; i < p->n; i++) {
            for (int j = low; j <= high; j++) {
                const float weight = p->across_weight[i * SPAN + j - low] * down;
                p->row[i] += in[reflect(p->i0[i] + j, shape->in_w)] * weight;
                p->weight[i] += weight;
            }
        }
    }
    for (int i = 0; shape->method == VP_SPEED_LANCZOS4 && i < p->n; i++) p->row[i] = p->row[i] / p->weight[i];
}

/* Row y of the resized plane, the columns that are needed. */
static const float *resized(VpSpeedPlan *p, const VpSpeedKernels *k, const VpSpeedSource *s, int y)
{
    const VpSpeedShape *const shape = &p->shape;
    if (!shape->resized) return load(p, k, s, y, p->wide[0]);
    if (shape->method == VP_SPEED_NEAREST) {
        const float *const in = load(p, k, s, nearest(y, shape->in_h, shape->h), p->wide[0]);
        for (int i = 0; i < p->n; i++) p->row[i] = in[p->i0[i]];
    } else if (shape->method == VP_SPEED_BILINEAR) {
        int32_t j0, j1;
        const float g = neighbours(y, shape->in_h, shape->h, &j0, &j1);
        const float *const a = load(p, k, s, j0, p->wide[0]), *const b = load(p, k, s, j1, p->wide[1]);
        k->blend(a, b, p->i0, p->i1, p->fraction, g, p->n, p->row);
    } else {
        convolve(p, k, s, y);
    }
    return p->row;
}

/* z = raw less its local mean */
static void take_mean_off(VpSpeedPlan *p, const VpSpeedKernels *k)
{
    const int w = p->field_w, h = p->field_h, n = p->n_mean_taps, reach = n / 2;
    float *const row = p->row + reach; /* filtered down, and reflected at both ends */
    for (int y = 0; y < h; y++) {
        memset(row, 0, (size_t)w * sizeof *row);
        for (int t = 0; t < n; t++) k->accumulate(p->mean_tap[t], p->raw + reflect(y + t - reach, h) * w, w, row);
        for (int i = 1; i <= reach; i++) {
            row[-i] = row[i];
            row[w - 1 + i] = row[w - 1 - i];
        }
        float *const z = p->z + y * w;
        memset(p->sum, 0, (size_t)w * sizeof *p->sum);
        for (int t = 0; t < n; t++) k->accumulate(p->mean_tap[t], row + t - reach, w, p->sum);
        k->subtract(p->raw + y * w, p->sum, w, z);
    }
}

VpSpeedField vp_speed_field(VpSpeedPlan *p, const VpSpeedKernels *k, const VpSpeedSource *source)
{
    const int w = p->field_w;
    for (int i = 0; i < p->field_h; i++) {
        memset(p->sum, 0, (size_t)p->n * sizeof *p->sum);
        for (int t = 0; t < p->n_taps; t++) {
            const int y = reflect(STEP * i + t - p->n_taps / 2, p->shape.h);
            k->accumulate(p->tap[t], resized(p, k, source, y), p->n, p->sum);
        }
        float *const raw = p->raw + i * w;
        memset(raw, 0, (size_t)w * sizeof *raw);
        for (int t = 0; t < p->n_taps; t++) k->accumulate_at(p->tap[t], p->sum, p->column + t * w, w, raw);
    }
    take_mean_off(p, k);
    return (VpSpeedField){p->z, w, w, p->field_h};
}
