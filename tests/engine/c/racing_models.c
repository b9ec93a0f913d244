/* Scores a drifting pattern with models, in turn without threads, with 4, and with 4 and other clips of the same
 * reference. Made for ThreadSanitizer; run with the real
 * extractors. Exit status 0: equal scores.
 *
 * racing_models MODEL.json... */
#include <stdio.h>
#include <stdlib.h>

#include "vmaf_api.h"

enum { FRAMES = 10, WIDTH = 80, HEIGHT = 64, MODELS_MAX = 8, SEVERAL = 3 };

static void fill(VmafPicture *pic, unsigned index, unsigned noise)
{
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            uint8_t *row = (uint8_t *)pic->data[0] + (ptrdiff_t)y * pic->stride[0];
            row[x] = (uint8_t)(64 + (x * x / 7 + y * 3 + 5 * index) % 96 + (x * 31 + y * 17 + index) % 13 * noise);
        }
}

static int read_frame(VmafContext **vmaf, unsigned several, unsigned index)
{
    VmafPicture ref, dis[SEVERAL];
    if (vmaf_picture_alloc(&ref, VMAF_PIX_FMT_YUV420P, 8, WIDTH, HEIGHT)) return 1;
    fill(&ref, index, 0);
    for (unsigned k = 0; k < several; k++) {
        if (vmaf_picture_alloc(dis + k, VMAF_PIX_FMT_YUV420P, 8, WIDTH, HEIGHT)) return 1;
        fill(dis + k, index, 1 + k);
    }
    return vmafpy_read_pictures_several(vmaf, several, &ref, dis, index);
}

/* score: of the first distorted clip, which is always the same. */
static int run(int n, char **path, unsigned n_threads, unsigned several, double *score)
{
    VmafContext *vmaf[SEVERAL];
    VmafModel *model[MODELS_MAX];
    const VmafConfiguration cfg = {.n_threads = n_threads};
    for (int k = 0; k < n; k++) {
        VmafModelConfig named = {.name = path[k], .flags = VMAF_MODEL_FLAG_DISABLE_CLIP};
        if (vmaf_model_load_from_path(model + k, &named, path[k])) return 1;
    }
    for (unsigned i = 0; i < several; i++) {
        if (vmaf_init(vmaf + i, cfg)) return 1;
        for (int k = 0; k < n; k++)
            if (vmaf_use_features_from_model(vmaf[i], model[k])) return 1;
    }
    for (unsigned i = 0; i < FRAMES; i++)
        if (read_frame(vmaf, several, i)) return 1;
    if (vmafpy_read_pictures_several(vmaf, several, NULL, NULL, 0)) return 1;
    for (int k = 0; k < n; k++) {
        for (unsigned i = 0; i < FRAMES; i++)
            if (vmaf_score_at_index(vmaf[0], model[k], score++, i)) return 1;
        vmaf_model_destroy(model[k]);
    }
    int rc = 0;
    for (unsigned i = 0; i < several && !rc; i++) rc = vmaf_close(vmaf[i]);
    return rc;
}

static int compare(int n, const double *plain, const double *other, const char *what)
{
    for (int i = 0; i < n * FRAMES; i++) {
        if (plain[i] == other[i]) continue;
        fprintf(stderr, "model %d, frame %d: %.17g, %s %.17g\n", i / FRAMES, i % FRAMES, plain[i], what, other[i]);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    double plain[MODELS_MAX * FRAMES], threaded[MODELS_MAX * FRAMES], together[MODELS_MAX * FRAMES];
    const int n = argc - 1;
    if (n < 1 || n > MODELS_MAX) return 2;
    if (run(n, argv + 1, 0, 1, plain) || run(n, argv + 1, 4, 1, threaded)) return 2;
    if (run(n, argv + 1, 4, SEVERAL, together)) return 2;
    return compare(n, plain, threaded, "with threads") || compare(n, plain, together, "with other clips");
}
