/* What speed_chroma and speed_temporal share: options, shapes, and fields that several variants want. */
#ifndef VP_FEATURE_SPEED_H
#define VP_FEATURE_SPEED_H

#include "feature/extractor.h"
#include "kernel/speed_score.h"

typedef struct VpSpeedOptions {
    double kernel_scale, prescale, sigma_nn, nn_floor, max_val;
    int weight_var_mode;
    bool use_ref_diff;
    char prescale_method[VP_STRING_SIZE];
} VpSpeedOptions;

extern const char *const vp_speed_methods[];

/* Entries of an option table, the first `VP_SPEED_OPTIONS` of both extractors. */
#define VP_SPEED_DOUBLE(NAME, FIELD, TAG, DEF, MIN, MAX)                                                             \
    {                                                                                                                \
        .name = NAME, .tag = TAG, .type = VP_DOUBLE, .offset = offsetof(VpSpeedOptions, FIELD), .def = DEF,          \
        .min = MIN, .max = MAX                                                                                       \
    }
#define VP_SPEED_OPTIONS                                                                                             \
    VP_SPEED_DOUBLE("speed_kernelscale", kernel_scale, "ks", 1, 0.1, 4),                                             \
        VP_SPEED_DOUBLE("speed_prescale", prescale, "ps", 1, 0.1, 4),                                                \
        {.name = "speed_prescale_method",                                                                            \
         .tag = "psm",                                                                                               \
         .type = VP_STRING,                                                                                          \
         .offset = offsetof(VpSpeedOptions, prescale_method),                                                        \
         .def_string = "nearest",                                                                                    \
         .allowed = vp_speed_methods},                                                                               \
        VP_SPEED_DOUBLE("speed_sigma_nn", sigma_nn, "snn", 0.29, 0.1, 2),                                            \
        VP_SPEED_DOUBLE("speed_nn_floor", nn_floor, "nnf", 0, 0, 1),                                                 \
        VP_SPEED_DOUBLE("speed_max_val", max_val, "mxv", 1000, 0, 1000)

/* The shape for planes of w by h. 0; -EINVAL for a bit depth other than 8, 10, 12 and 16, a kernel scale that libvmaf
 * does not list, or planes of which no block is left. */
int vp_speed_check(int w, int h, int bpc, const VpSpeedOptions *options, VpSpeedShape *shape);

/* One shape, analysed once for all variants that want it. */
typedef struct VpSpeedStage {
    VpSpeedShape shape;
    VpSpeedPlan *plan;
} VpSpeedStage;

/* Entropies of one stage at one noise level. */
typedef struct VpSpeedNoise {
    int stage;
    float sigma;
} VpSpeedNoise;

typedef struct VpSpeedWorker {
    VpSpeedKernels kernels;
    int bpc, n, n_planes, n_stages, n_noises;
    VpSpeedOptions *options; /* of each variant, as the next */
    int *noise;              /* which */
    VpSpeedStage *stage;
    VpSpeedNoise *noises;
    VpSpeedAnalysis *analysis;
    VpSpeedSide *side; /* of each stage and plane */
    float *entropy;    /* of each noise and plane */
    size_t row;        /* entries of an entropy or a variance */
    float *variance;   /* the sides have them */
} VpSpeedWorker;

/* w, h: of a plane; n_planes: analysed in a frame. 0 or a negative errno. */
int vp_speed_worker_open(const VpStream *stream, int w, int h, int n_planes, const void *const *options, int n,
                         VpSpeedWorker **worker);
void vp_speed_worker_close(void *worker); /* NULL allowed */

/* Analyses one plane of a frame for all stages. */
void vp_speed_worker_analyse(VpSpeedWorker *worker, int plane, const VpSpeedSource *source);
/* The distance of two planes analysed before. False, and 0: one of them is singular. */
bool vp_speed_worker_distance(const VpSpeedWorker *worker, int variant, int ref, int dis, float *distance);

#endif
