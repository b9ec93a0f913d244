/* Extractor adm: detail loss (adm2), additive impairment (aim) and their mix (adm3), from integers. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "feature/adm_csf.h"
#include "feature/extractor.h"
#include "kernel/adm_pyramid.h"

typedef struct Options {
    bool debug, skip_aim, skip_scale0;
    int csf_mode, display_height;
    double csf_scale, csf_diag_scale, dlm_weight, gain_limit, min_val, noise_weight, view_dist;
} Options;

#define AT(member) .offset = offsetof(Options, member)
static const VpOption options[] = {
    {.name = "debug", .type = VP_BOOL, AT(debug)},
    {.name = "adm_csf_mode", .tag = "csf", .type = VP_INT, AT(csf_mode), .def = 0, .min = 0, .max = 3},
    {.name = "adm_csf_scale", .tag = "scf", .type = VP_DOUBLE, AT(csf_scale), .def = 1, .min = 0, .max = 50},
    {.name = "adm_csf_diag_scale", .tag = "scfd", .type = VP_DOUBLE, AT(csf_diag_scale), .def = 1, .min = 0, .max = 50},
    {.name = "adm_dlm_weight", .tag = "dlmw", .type = VP_DOUBLE, AT(dlm_weight), .def = 0.5, .min = 0, .max = 1},
    {.name = "adm_enhn_gain_limit", .tag = "egl", .type = VP_DOUBLE, AT(gain_limit), .def = 100, .min = 1, .max = 100},
    {.name = "adm_min_val", .tag = "min", .type = VP_DOUBLE, AT(min_val), .def = 0, .min = 0, .max = 1},
    {.name = "adm_noise_weight", .tag = "nw", .type = VP_DOUBLE, AT(noise_weight), .def = 0.03125, .max = 1500},
    {.name = "adm_norm_view_dist", .tag = "nvd", .type = VP_DOUBLE, AT(view_dist), .def = 3, .min = 0.75, .max = 24},
    {.name = "adm_ref_display_height",
     .tag = "rdh",
     .type = VP_INT,
     AT(display_height),
     .def = 1080,
     .min = 1,
     .max = 4320},
    {.name = "adm_skip_aim", .type = VP_BOOL, AT(skip_aim)},
    {.name = "adm_skip_scale0", .tag = "ssz", .type = VP_BOOL, AT(skip_scale0)},
    {0},
};

enum { ADM2, AIM, ADM3, SCALE, TOTAL = SCALE + VP_ADM_SCALES, TOTAL_NUM, TOTAL_DEN, NUM, DEN = NUM + VP_ADM_SCALES };
static const VpOutput outputs[] = {
    {.name = "VMAF_integer_feature_adm2_score", .alias = "integer_adm2"},
    {.name = "VMAF_integer_feature_aim_score", .alias = "integer_aim"},
    {.name = "VMAF_integer_feature_adm3_score", .alias = "integer_adm3"},
    {.name = "integer_adm_scale0"},
    {.name = "integer_adm_scale1"},
    {.name = "integer_adm_scale2"},
    {.name = "integer_adm_scale3"},
    {.name = "integer_adm"},
    {.name = "integer_adm_num"},
    {.name = "integer_adm_den"},
    {.name = "integer_adm_num_scale0"},
    {.name = "integer_adm_num_scale1"},
    {.name = "integer_adm_num_scale2"},
    {.name = "integer_adm_num_scale3"},
    {.name = "integer_adm_den_scale0"},
    {.name = "integer_adm_den_scale1"},
    {.name = "integer_adm_den_scale2"},
    {.name = "integer_adm_den_scale3"},
    {0},
};

typedef struct Variant {
    Options options;
    VpAdmCsf csf;
    int run; /* which of the pyramid's; several variants may share one */
} Variant;

typedef struct Worker {
    VpAdmPyramid *pyramid;
    const VpPlane **distorted; /* of the call */
    int w, h, n;
    Variant *variant;
} Worker;

static int csf_of(const Options *o, VpAdmCsf *csf)
{
    const VpAdmViewing viewing = {o->csf_mode, o->view_dist, o->display_height, o->csf_scale, o->csf_diag_scale};
    return vp_adm_csf(&viewing, csf);
}

/* Below 33 samples a side the definition ends: shifts by the logarithm of the band's width become negative, and libvmaf
 * reads outside its bands. Nearer than 3240 samples, three heights of 1080, the sensitivity is undefined. */
static int check(const VpStream *stream, const void *opt)
{
    const Options *const o = opt;
    VpAdmCsf csf;
    if (stream->w < 33 || stream->h < 33 || o->view_dist * o->display_height < 3240.0) return -EINVAL;
    return csf_of(o, &csf);
}

static void close_worker(void *worker)
{
    Worker *const s = worker;
    if (!s) return;
    vp_adm_pyramid_close(s->pyramid);
    vp_free(s->distorted);
    vp_free(s->variant);
    vp_free(s);
}

static bool same_run(const VpAdmRun *a, const VpAdmRun *b)
{
    return a->gain_limit == b->gain_limit && !memcmp(a->factors, b->factors, sizeof a->factors);
}

static int open_worker(const VpStream *stream, const void *const *opt, int n, void **worker)
{
    int rc = -ENOMEM, n_runs = 0;
    VpAdmRun *runs = NULL;
    Worker *const s = vp_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    s->w = stream->w;
    s->h = stream->h;
    s->n = n;
    s->variant = vp_calloc((size_t)n, sizeof *s->variant);
    s->distorted = vp_calloc((size_t)stream->n_distorted, sizeof *s->distorted);
    runs = vp_calloc((size_t)n, sizeof *runs);
    if (!s->variant || !s->distorted || !runs) goto fail;
    for (int i = 0; i < n; i++) {
        Variant *const v = s->variant + i;
        v->options = *(const Options *)opt[i];
        rc = csf_of(&v->options, &v->csf);
        if (rc) goto fail;
        VpAdmRun run = {.gain_limit = v->options.gain_limit};
        memcpy(run.factors, v->csf.fixed, sizeof run.factors);
        while (v->run < n_runs && !same_run(runs + v->run, &run)) v->run++;
        if (v->run == n_runs) runs[n_runs++] = run;
        VpAdmRun *const shared = runs + v->run;
        shared->restored = true;
        shared->added |= !v->options.skip_aim;
        shared->scale0 |= !v->options.skip_scale0;
    }
    rc = vp_adm_pyramid_open(stream, runs, n_runs, &s->pyramid);
    if (rc) goto fail;
    vp_free(runs);
    *worker = s;
    return 0;

fail:
    vp_free(runs);
    close_worker(s);
    return rc;
}

/* From here on, single precision is part of the definition. */

static float cube_root(float x)
{
    return powf(x, 1.0f / 3.0f);
}

static float noise_root(int area, double weight)
{
    return cube_root((float)(area * weight));
}

/* Minkowski sums of the bands; the noise keeps a ratio of two small ones near 1. */
static float pool(const float sum[VP_ADM_BANDS], float noise)
{
    return ((cube_root(sum[VP_ADM_H]) + noise) + (cube_root(sum[VP_ADM_V]) + noise)) +
           (cube_root(sum[VP_ADM_D]) + noise);
}

static float pool_signal(const int64_t sum[VP_ADM_BANDS], int scale, int band_w, int band_h, float noise)
{
    static const int bits[VP_ADM_SCALES] = {0, 45, 39, 36};
    const int log2_w = vp_adm_log2_up(band_w), log2_h = vp_adm_log2_up(band_h);
    float p[VP_ADM_BANDS];
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const int bits0 = b == VP_ADM_D ? 57 - (log2_w - 3) : 52 - (log2_w - 4);
        if (scale == 0)
            p[b] = (float)ldexp((double)sum[b], log2_h - bits0);
        else
            p[b] = ldexpf((float)sum[b], log2_w + log2_h - bits[scale]);
    }
    return pool(p, noise);
}

static float pool_reference(const uint64_t sum[VP_ADM_BANDS], const VpAdmCsf *csf, int scale, int w, int h, float noise)
{
    static const int bits[VP_ADM_SCALES] = {18, 32, 27, 23};
    const int shift = bits[scale] - (scale ? vp_adm_log2_up(w) + vp_adm_log2_up(h) : vp_adm_area_shift(w * h));
    float p[VP_ADM_BANDS];
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const float factor = b == VP_ADM_D ? csf->d[scale] : csf->hv[scale];
        p[b] = (float)(ldexp((double)sum[b], -shift) * pow(factor, 3.0));
    }
    return pool(p, noise);
}

static void put(const Worker *s, int distorted, int variant, VpRow *row)
{
    const Variant *const v = s->variant + variant;
    const Options *const o = &v->options;
    double total_num = 0, total_den = 0, total_added = 0;
    for (int i = 0; i < VP_ADM_SCALES; i++) {
        const VpAdmAxis *const x = vp_adm_pyramid_columns(s->pyramid, i), *const y = vp_adm_pyramid_rows(s->pyramid, i);
        const int w = x->crop_end - x->crop, h = y->crop_end - y->crop;
        const VpAdmRunSums *const sums = vp_adm_pyramid_run(s->pyramid, distorted, i, v->run);
        float num = 0, added = 0, den = 1e-10f;
        if (i || !o->skip_scale0) {
            const float noise = noise_root(w * h, o->noise_weight);
            num = pool_signal(sums->restored, i, x->band, y->band, noise);
            if (!o->skip_aim) added = pool_signal(sums->added, i, x->band, y->band, 0);
            den = pool_reference(vp_adm_pyramid_reference(s->pyramid, i), &v->csf, i, w, h, noise);
        }
        total_num += (double)num;
        total_added += (double)added;
        total_den += (double)den;
        vp_row_put(row, variant, SCALE + i, (double)num / (double)den);
        if (!o->debug) continue;
        vp_row_put(row, variant, NUM + i, (double)num);
        vp_row_put(row, variant, DEN + i, (double)den);
    }
    const double least = 1e-10 * ((double)s->w * s->h) / (1920.0 * 1080.0);
    if (total_num < least) total_num = 0;
    if (total_den < least) total_den = 0;
    const double adm2 = total_den == 0 ? 1 : total_num / total_den, aim = total_den == 0 ? 0 : total_added / total_den;
    const double adm3 = adm2 * o->dlm_weight + (1 - aim) * (1 - o->dlm_weight);
    vp_row_put(row, variant, ADM2, adm2);
    vp_row_put(row, variant, AIM, aim);
    vp_row_put(row, variant, ADM3, adm3 > o->min_val ? adm3 : o->min_val);
    if (!o->debug) return;
    vp_row_put(row, variant, TOTAL, adm2);
    vp_row_put(row, variant, TOTAL_NUM, total_num);
    vp_row_put(row, variant, TOTAL_DEN, total_den);
}

static int extract_several(void *worker, const VpFrames *frames, int n, VpRow *row)
{
    const Worker *const s = worker;
    for (int k = 0; k < n; k++) s->distorted[k] = &frames[k].dis[0]->plane[0];
    vp_adm_pyramid_extract(s->pyramid, &frames->ref[0]->plane[0], s->distorted, n);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < s->n; i++) put(s, k, i, row + k);
    return 0;
}

static int extract(void *worker, const VpFrames *frames, VpRow *row)
{
    return extract_several(worker, frames, 1, row);
}

const VpExtractor vp_extractor_adm = {
    .name = "adm",
    .options = options,
    .options_size = sizeof(Options),
    .outputs = outputs,
    .check = check,
    .open = open_worker,
    .extract = extract,
    .extract_several = extract_several,
    .close = close_worker,
};
