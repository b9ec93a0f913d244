/* Scores a drifting pattern with models and with every extractor, in turn without threads and with 4. Made for
 * ThreadSanitizer; run with the real extractors. Exit status 0: every score is the same.
 *
 * racing_extractors MODEL.json... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmaf_api.h"

enum { FRAMES = 5, WIDTH = 240, HEIGHT = 220, MODELS_MAX = 8 };

static void fill(VmafPicture *pic, unsigned index, unsigned noise)
{
    for (int p = 0; p < 3; p++)
        for (unsigned y = 0; y < pic->h[p]; y++)
            for (unsigned x = 0; x < pic->w[p]; x++) {
                uint8_t *row = (uint8_t *)pic->data[p] + (ptrdiff_t)y * pic->stride[p];
                row[x] = (uint8_t)(64 + (x * x / 7 + y * 3 + 5 * index) % 96 + (x * 31 + y * 17 + index) % 13 * noise);
            }
}

static int read_frame(VmafContext *vmaf, unsigned index)
{
    VmafPicture ref, dis;
    if (vmaf_picture_alloc(&ref, VMAF_PIX_FMT_YUV420P, 8, WIDTH, HEIGHT)) return 1;
    if (vmaf_picture_alloc(&dis, VMAF_PIX_FMT_YUV420P, 8, WIDTH, HEIGHT)) return 1;
    fill(&ref, index, 0);
    fill(&dis, index, 1);
    return vmaf_read_pictures(vmaf, &ref, &dis, index);
}

/* A flushed context; NULL after an error. Its models' scores are stored. */
static VmafContext *run(int n, char **path, unsigned n_threads)
{
    VmafContext *vmaf;
    VmafModel *model[MODELS_MAX];
    double score;
    const char *name;
    const VmafConfiguration cfg = {.n_threads = n_threads};
    if (vmaf_init(&vmaf, cfg)) return NULL;
    for (int k = 0; k < n; k++) {
        VmafModelConfig named = {.name = path[k], .flags = VMAF_MODEL_FLAG_DISABLE_CLIP};
        if (vmaf_model_load_from_path(model + k, &named, path[k])) return NULL;
        if (vmaf_use_features_from_model(vmaf, model[k])) return NULL;
    }
    for (unsigned e = 0; (name = vmafpy_extractor_name(e)); e++)
        if (vmaf_use_feature(vmaf, name, NULL)) return NULL;
    for (unsigned i = 0; i < FRAMES; i++)
        if (read_frame(vmaf, i)) return NULL;
    if (vmaf_read_pictures(vmaf, NULL, NULL, 0)) return NULL;
    for (int k = 0; k < n; k++) {
        for (unsigned i = 0; i < FRAMES; i++)
            if (vmaf_score_at_index(vmaf, model[k], &score, i)) return NULL;
        vmaf_model_destroy(model[k]);
    }
    return vmaf;
}

int main(int argc, char **argv)
{
    const int n = argc - 1;
    const char *name;
    unsigned k = 0, n_scores = 0, n_different = 0;
    if (n < 1 || n > MODELS_MAX) return 2;
    VmafContext *plain = run(n, argv + 1, 0), *threaded = run(n, argv + 1, 4);
    if (!plain || !threaded) return 2;
    for (; (name = vmafpy_stored_name(plain, k)); k++)
        for (unsigned i = 0; i < FRAMES; i++) {
            double a = 0, b = 0;
            const int rc_a = vmaf_feature_score_at_index(plain, name, &a, i);
            const int rc_b = vmaf_feature_score_at_index(threaded, name, &b, i);
            n_scores += !rc_a;
            if (rc_a == rc_b && !memcmp(&a, &b, sizeof(a))) continue;
            fprintf(stderr, "%s, frame %u: %.17g, with threads %.17g\n", name, i, a, b);
            n_different++;
        }
    printf("%u names, %u scores\n", k, n_scores);
    vmaf_close(plain);
    vmaf_close(threaded);
    return n_different ? 1 : 0;
}
