#include "feature/speed.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

const char *const vp_speed_methods[] = {"nearest", "bilinear", "bicubic", "lanczos4", NULL};

static bool is_kernel_scale(double scale)
{
    static const double listed[] = {1,         1.0 / 2,  3.0 / 2,  2,        2.0 / 3, 2.4,        360.0 / 97,
                                    4.0 / 3,   3.5 / 3,  3.75 / 3, 4.25 / 3, 5.0 / 3, 3,          1 / 2.25,
                                    1.4746,    1.54,     1.6,      1.06667,  0.711111, 0.74074,   1.111111};
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        if (fabs(scale - listed[i]) < 0.001) return true;
    return false;
}

int vp_speed_check(int w, int h, int bpc, const VpSpeedOptions *o, VpSpeedShape *shape)
{
    if (bpc != 8 && bpc != 10 && bpc != 12 && bpc != 16) return -EINVAL;
    if (!is_kernel_scale(o->kernel_scale)) return -EINVAL;
    int method = 0;
    while (vp_speed_methods[method] && strcmp(vp_speed_methods[method], o->prescale_method)) method++;
    if (!vp_speed_methods[method]) return -EINVAL;
    vp_speed_shape_init(shape, w, h, o->prescale, (VpSpeedMethod)method, (float)o->kernel_scale);
    return vp_speed_shape_too_small(shape) ? -EINVAL : 0;
}

static int find_stage(VpSpeedWorker *s, const VpSpeedShape *shape)
{
    int i = 0;
    while (i < s->n_stages && memcmp(&s->stage[i].shape, shape, sizeof *shape)) i++;
    if (i < s->n_stages) return i;
    s->stage[i].shape = *shape;
    s->stage[i].plan = vp_speed_plan_open(shape);
    s->n_stages++;
    return s->stage[i].plan ? i : -1;
}

static int find_noise(VpSpeedWorker *s, int stage, float sigma)
{
    int i = 0;
    while (i < s->n_noises && (s->noises[i].stage != stage || s->noises[i].sigma != sigma)) i++;
    if (i == s->n_noises) s->noises[s->n_noises++] = (VpSpeedNoise){stage, sigma};
    return i;
}

static int open_sides(VpSpeedWorker *s)
{
    int blocks = 0;
    for (int i = 0; i < s->n_stages; i++) {
        const int n = vp_speed_n_blocks(&s->stage[i].shape);
        blocks = n > blocks ? n : blocks;
    }
    const size_t planes = (size_t)s->n_planes;
    s->row = (size_t)vp_speed_row_length(blocks);
    s->analysis = vp_speed_analysis_open(blocks);
    s->side = vp_calloc((size_t)s->n_stages * planes, sizeof *s->side);
    s->variance = vp_calloc((size_t)s->n_stages * planes * s->row, sizeof *s->variance);
    s->entropy = vp_calloc((size_t)s->n_noises * planes * s->row, sizeof *s->entropy);
    if (!s->analysis || !s->side || !s->variance || !s->entropy) return -ENOMEM;
    for (size_t i = 0; i < (size_t)s->n_stages * planes; i++) s->side[i].variance = s->variance + i * s->row;
    return 0;
}

int vp_speed_worker_open(const VpStream *stream, int w, int h, int n_planes, const void *const *options, int n,
                         VpSpeedWorker **worker)
{
    int rc = -ENOMEM;
    VpSpeedWorker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    s->n = n;
    s->bpc = stream->bpc;
    s->n_planes = n_planes;
    s->options = vp_calloc((size_t)n, sizeof *s->options);
    s->noise = vp_calloc((size_t)n, sizeof *s->noise);
    s->stage = vp_calloc((size_t)n, sizeof *s->stage);
    s->noises = vp_calloc((size_t)n, sizeof *s->noises);
    if (!s->options || !s->noise || !s->stage || !s->noises) goto fail;
    vp_speed_kernels_init(&s->kernels, stream->cpu);
    for (int i = 0; i < n; i++) {
        VpSpeedShape shape;
        s->options[i] = *(const VpSpeedOptions *)options[i];
        rc = vp_speed_check(w, h, stream->bpc, &s->options[i], &shape);
        if (rc) goto fail;
        const int stage = find_stage(s, &shape);
        rc = -ENOMEM;
        if (stage < 0) goto fail;
        s->noise[i] = find_noise(s, stage, (float)s->options[i].sigma_nn);
    }
    rc = open_sides(s);
    if (rc) goto fail;
    *worker = s;
    return 0;

fail:
    vp_speed_worker_close(s);
    return rc;
}

void vp_speed_worker_close(void *worker)
{
    VpSpeedWorker *const s = worker;
    if (!s) return;
    for (int i = 0; i < s->n_stages; i++) vp_speed_plan_close(s->stage[i].plan);
    vp_speed_analysis_close(s->analysis);
    vp_free(s->side);
    vp_free(s->variance);
    vp_free(s->entropy);
    vp_free(s->options);
    vp_free(s->noise);
    vp_free(s->stage);
    vp_free(s->noises);
    vp_free(s);
}

static VpSpeedSide *side_of(const VpSpeedWorker *s, int stage, int plane)
{
    return s->side + stage * s->n_planes + plane;
}

static float *entropy_of(const VpSpeedWorker *s, int noise, int plane)
{
    return s->entropy + (size_t)(noise * s->n_planes + plane) * s->row;
}

void vp_speed_worker_analyse(VpSpeedWorker *s, int plane, const VpSpeedSource *source)
{
    for (int i = 0; i < s->n_stages; i++) {
        const VpSpeedField field = vp_speed_field(s->stage[i].plan, &s->kernels, source);
        vp_speed_analyse(s->analysis, &s->kernels, &field, side_of(s, i, plane));
    }
    for (int i = 0; i < s->n_noises; i++) {
        const VpSpeedSide *const side = side_of(s, s->noises[i].stage, plane);
        if (!side->singular)
            s->kernels.entropy(side->lambda, side->variance, s->noises[i].sigma, side->row_length,
                               entropy_of(s, i, plane));
    }
}

bool vp_speed_worker_distance(const VpSpeedWorker *s, int variant, int ref, int dis, float *distance)
{
    const VpSpeedOptions *const o = &s->options[variant];
    const int noise = s->noise[variant], stage = s->noises[noise].stage;
    const VpSpeedSide *const a = side_of(s, stage, ref), *const b = side_of(s, stage, dis);
    *distance = 0;
    if (a->singular || b->singular) return false;
    const VpSpeedWeights weights = {(float)o->sigma_nn, (float)o->nn_floor, o->weight_var_mode};
    *distance = vp_speed_distance(&weights, a, entropy_of(s, noise, ref), b, entropy_of(s, noise, dis));
    return true;
}
