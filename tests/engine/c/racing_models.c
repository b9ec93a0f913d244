/* Scores a drifting pattern with models, in turn without threads and with 4. Made for ThreadSanitizer; run with the real
 * extractors. Exit status 0: equal scores.
 *
 * racing_models MODEL.json... */
#include <stdio.h>
#include <stdlib.h>

#include "vmaf_api.h"

enum { FRAMES = 10, WIDTH = 80, HEIGHT = 64, MODELS_MAX = 8 };

static void fill(VmafPicture *pic, unsigned index, unsigned noise)
{
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            uint8_t *row = (uint8_t *)pic->data[0] + (ptrdiff_t)y * pic->stride[0];
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

static int run(int n, char **path, unsigned n_threads, double *score)
{
    VmafContext *vmaf;
    VmafModel *model[MODELS_MAX];
    const VmafConfiguration cfg = {.n_threads = n_threads};
    if (vmaf_init(&vmaf, cfg)) return 1;
    for (int k = 0; k < n; k++) {
        VmafModelConfig named = {.name = path[k], .flags = VMAF_MODEL_FLAG_DISABLE_CLIP};
        if (vmaf_model_load_from_path(model + k, &named, path[k])) return 1;
        if (vmaf_use_features_from_model(vmaf, model[k])) return 1;
    }
    for (unsigned i = 0; i < FRAMES; i++)
        if (read_frame(vmaf, i)) return 1;
    if (vmaf_read_pictures(vmaf, NULL, NULL, 0)) return 1;
    for (int k = 0; k < n; k++) {
        for (unsigned i = 0; i < FRAMES; i++)
            if (vmaf_score_at_index(vmaf, model[k], score++, i)) return 1;
        vmaf_model_destroy(model[k]);
    }
    return vmaf_close(vmaf);
}

int main(int argc, char **argv)
{
    double plain[MODELS_MAX * FRAMES], threaded[MODELS_MAX * FRAMES];
    const int n = argc - 1;
    if (n < 1 || n > MODELS_MAX) return 2;
    if (run(n, argv + 1, 0, plain) || run(n, argv + 1, 4, threaded)) return 2;
    for (int i = 0; i < n * FRAMES; i++) {
        if (plain[i] == threaded[i]) continue;
        fprintf(stderr, "model %d, frame %d: %.17g, with threads %.17g\n", i / FRAMES, i % FRAMES, plain[i], threaded[i]);
        return 1;
    }
    return 0;
}
