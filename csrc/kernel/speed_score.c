#include "kernel/speed_score.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { N = VP_SPEED_N, SIDE = VP_SPEED_SIDE, STEP = 16 };

struct VpSpeedAnalysis {
    float *covariance, *work; /* matrices */
    float *y, *x;             /* samples by place in the block, and the solution */
};

int vp_speed_n_blocks(const VpSpeedShape *shape)
{
    return (shape->w / STEP / SIDE) * (shape->h / STEP / SIDE);
}

int vp_speed_row_length(int n_blocks)
{
    return (n_blocks + VP_SPEED_LANES - 1) / VP_SPEED_LANES * VP_SPEED_LANES;
}

VpSpeedAnalysis *vp_speed_analysis_open(int max_blocks)
{
    const size_t n = (size_t)N * (size_t)vp_speed_row_length(max_blocks);
    VpSpeedAnalysis *const a = vp_calloc(1, sizeof *a);
    if (!a) return NULL;
    a->covariance = vp_calloc(1, sizeof(VpSpeedMatrix));
    a->work = vp_calloc(1, sizeof(VpSpeedMatrix));
    a->y = vp_calloc(n, sizeof *a->y);
    a->x = vp_calloc(n, sizeof *a->x);
    if (a->covariance && a->work && a->y && a->x) return a;
    vp_speed_analysis_close(a);
    return NULL;
}

void vp_speed_analysis_close(VpSpeedAnalysis *a)
{
    if (!a) return;
    vp_free(a->covariance);
    vp_free(a->work);
    vp_free(a->y);
    vp_free(a->x);
    vp_free(a);
}

static float hypotenuse(float a, float b)
{
    return sqrtf(a * a + b * b);
}

/* Side entries that are negligible become 0. */
static void chop(const float *d, float *e, int first, int end)
{
    for (int i = first; i < end; i++) {
        const float scale = fabsf(d[i]) + fabsf(d[i + 1]);
        if ((double)fabsf(e[i]) < 1e-6 * (double)scale) e[i] = 0;
    }
}

static float shift(const float *d, const float *e, int a, int b)
{
    const float half = (d[b - 1] - d[b]) / 2, t = e[b - 1];
    float mu = d[b] - fabsf(t);
    if (half > 0) mu = d[b] - t * (t / (half + hypotenuse(half, t)));
    if (half < 0) mu = d[b] + t * (t / (hypotenuse(half, t) - half));
    const float scale = fabsf(d[a]) + fabsf(e[a]);
    return 1e-6 * (double)fabsf(mu) > (double)scale ? 0 : mu;
}

/* Turns (x, z) onto the first axis. */
static void rotation(float x, float z, float *c, float *s)
{
    if (z == 0) {
        *c = 1;
        *s = 0;
    } else if (fabsf(z) > fabsf(x)) {
        const float t = -x / z;
        *s = (float)(1.0 / sqrt((double)(1 + t * t)));
        *c = *s * t;
    } else {
        const float t = -z / x;
        *c = (float)(1.0 / sqrt((double)(1 + t * t)));
        *s = *c * t;
    }
}

/* One implicit QR step on entries a to b. */
static void qr_step(float *d, float *e, int a, int b)
{
    float x = d[a] - shift(d, e, a, b), z = e[a];
    float ap = d[a], bp = e[a], aq = d[a + 1], bq = b > a + 1 ? e[a + 1] : 0, bk = 0, zk = 0;
    for (int k = a; k < b; k++) {
        float c, s;
        rotation(x, z, &c, &s);
        if (k > a) e[k - 1] = c * bk - s * zk;
        const float p = c * ap - s * bp, q = s * aq - c * bp, r = s * ap + c * bp, u = s * bp + c * aq;
        d[k] = c * p + s * q;
        bk = c * r - s * u;
        ap = s * r + c * u;
        zk = -s * bq;
        bp = c * bq;
        if (k < b - 1) {
            aq = d[k + 2];
            e[k + 1] = bp;
        }
        if (k < b - 2) bq = e[k + 2];
        x = bk;
        z = zk;
    }
    d[b] = ap;
    e[b - 1] = bk;
}

void vp_speed_eigenvalues(float *d, float *e)
{
    enum { MAX_STEPS = 500 };
    chop(d, e, 0, N - 1);
    for (int b = N - 1, steps = 0; b > 0 && steps < MAX_STEPS;) {
        if (e[b - 1] == 0) {
            b--;
            continue;
        }
        int a = b - 1;
        while (a > 0 && e[a - 1] != 0) a--;
        qr_step(d, e, a, b);
        chop(d, e, a, b);
        steps++;
    }
}

void vp_speed_analyse(VpSpeedAnalysis *a, const VpSpeedKernels *k, const VpSpeedField *field, VpSpeedSide *side)
{
    const int bw = field->w / SIDE, bh = field->h / SIDE;
    side->n_blocks = bw * bh;
    side->row_length = vp_speed_row_length(side->n_blocks);
    side->singular = true;
    k->covariance(field->z, field->stride, bw * SIDE - (SIDE - 1), bh * SIDE - (SIDE - 1), a->covariance);
    float e[N - 1];
    memcpy(a->work, a->covariance, sizeof(VpSpeedMatrix));
    k->tridiagonal(a->work, side->lambda, e);
    vp_speed_eigenvalues(side->lambda, e);
    for (int i = 0; i < N; i++)
        if (!((double)side->lambda[i] >= 1e-6)) return;

    for (int q = 0; q < N; q++) {
        float *const y = a->y + (ptrdiff_t)q * side->row_length;
        for (int b = 0; b < side->n_blocks; b++)
            y[b] = field->z[(SIDE * (b / bw) + q / SIDE) * field->stride + SIDE * (b % bw) + q % SIDE];
        for (int b = side->n_blocks; b < side->row_length; b++) y[b] = 0;
    }
    if (!k->solve(a->covariance, a->y, side->row_length, a->x)) return;
    k->variance(a->x, a->y, side->row_length, side->variance);
    side->singular = false;
}

/* What the entropies of a block of variances r and d are weighed by. */
static void gains(int mode, float r, float d, double *ref, double *dis)
{
    const double r1 = (double)(1 + r), d1 = (double)(1 + d);
    const double half = 1 + (double)(r + d) / 2;
    *ref = mode == 2 ? d1 : mode == 3 ? half : r1;
    switch (mode) {
    case 1: *dis = r1; break;
    case 3:
    case 4: *dis = half; break;
    case 5: *dis = 1 + (0.75 * (double)r + 0.25 * (double)d); break;
    case 6: *dis = 1 + (0.25 * (double)r + 0.75 * (double)d); break;
    default: *dis = d1; break;
    }
}

float vp_speed_distance(const VpSpeedWeights *weights, const VpSpeedSide *ref, const float *e_ref,
                        const VpSpeedSide *dis, const float *e_dis)
{
    const float least = (1 + weights->floor) * weights->sigma;
    const float base = (float)(N * (vp_speed_log2((double)least) + vp_speed_log2_2pie));
    float sum = 0;
    for (int b = 0; b < ref->n_blocks; b++) {
        if (e_ref[b] < base && e_dis[b] < base) continue;
        double g_ref, g_dis;
        gains(weights->mode, ref->variance[b], dis->variance[b], &g_ref, &g_dis);
        const float a = (float)((double)e_ref[b] * vp_speed_log2(g_ref));
        const float c = (float)((double)e_dis[b] * vp_speed_log2(g_dis));
        sum += fabsf(a - c);
    }
    return sum / (float)ref->n_blocks;
}
