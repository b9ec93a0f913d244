#include "predict/predict.h"

#include <math.h>
#include <stdlib.h>

/* Streams without chroma, and pictures of equal chroma, have a chroma score of exactly 0, which no training picture
 * had: the model then takes one that falls with the adm3 score. */
static void stand_in_for_chroma(const VmafModel *m, double *z)
{
    const VpModelFeature *g = m->feature + m->adm3, *u = m->feature + m->speed_chroma;
    const double c = m->chroma_parameter;
    const double adm3 = (z[m->adm3] - g->intercept) / g->slope;
    const double chroma = (z[m->speed_chroma] - u->intercept) / u->slope;
    if (chroma == 0.0) z[m->speed_chroma] = u->slope * (-c * adm3 + c) + u->intercept;
}

double vp_predict_raw(const VmafModel *m, const double *features)
{
    double z[VP_FEATURES_MAX];
    for (int i = 0; i < m->n_features; i++) z[i] = m->feature[i].slope * features[i] + m->feature[i].intercept;
    if (m->chroma) stand_in_for_chroma(m, z);
    return (vp_svm_predict(&m->svm, z) - m->intercept) / m->slope;
}

static double along_knots(const VpTransform *t, double s)
{
    const double *x = t->x, *y = t->y;
    int k = 0; /* the segment of s; on a knot the later one, outside the nearest */
    while (k < t->n_knots - 2 && s >= x[k + 1]) k++;
    if (y[k] == y[k + 1]) return y[k];
    double a, b;
    if (x[k] == 0) {
        a = (y[k + 1] - y[k]) / x[k + 1];
        b = y[k];
    } else {
        a = (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
        b = y[k] - x[k] * a;
    }
    return a * s + b;
}

static double transform(const VpTransform *t, double raw)
{
    double s = raw;
    if (t->has[0] || t->has[1] || t->has[2]) {
        s = 0;
        if (t->has[0]) s += t->p[0];
        if (t->has[1]) s += t->p[1] * raw;
        if (t->has[2]) s += t->p[2] * raw * raw;
    }
    if (t->n_knots) s = along_knots(t, s);
    if (t->not_above && s > raw) s = raw;
    if (t->not_below && s < raw) s = raw;
    return s;
}

double vp_predict_finish(const VmafModel *m, double raw)
{
    double s = m->transform.enabled ? transform(&m->transform, raw) : raw;
    if (m->clip && s < m->clip_min) s = m->clip_min;
    if (m->clip && s > m->clip_max) s = m->clip_max;
    return s;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between order statistics; sorted: n values. */
static double percentile(const double *sorted, int n, double p)
{
    const double q = p * (n - 1) / 100;
    const int lo = (int)floor(q), hi = (int)ceil(q);
    return lo == hi ? sorted[lo] : sorted[lo] * (hi - q) + sorted[hi] * (q - lo);
}

VpBootstrap vp_bootstrap(VmafModel *const *members, int n, double *raw)
{
    const double delta = 0.01; /* VMAF points: the width over which the slope of transform and clip is taken */
    const VmafModel *first = members[0];
    double mean = 0, variance = 0;
    for (int i = 0; i < n; i++) mean += raw[i];
    mean /= n;
    for (int i = 0; i < n; i++) variance += (raw[i] - mean) * (raw[i] - mean);
    variance /= n;
    const double rise = vp_predict_finish(first, mean + delta) - vp_predict_finish(first, mean - delta);
    qsort(raw, (size_t)n, sizeof(*raw), ascending);
    return (VpBootstrap){
        .bagging = vp_predict_finish(first, mean),
        .stddev = sqrt(variance) * (rise / (2 * delta)),
        .lo = vp_predict_finish(first, percentile(raw, n, 2.5)),
        .hi = vp_predict_finish(first, percentile(raw, n, 97.5)),
    };
}
