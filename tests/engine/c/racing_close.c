/* Closes contexts that share a reference from as many threads at once, with frames on their way; one was flushed before
 * the others. Made for ThreadSanitizer; run with the probe extractors. Exit status 0: each was closed. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "vmaf_api.h"

enum { ROUNDS = 200, SEVERAL = 4, FRAMES = 8, FLUSHED_AT = 4, SIDE = 16 };

static void *close_one(void *arg)
{
    double score;
    for (unsigned i = 0; i < FRAMES; i++) vmaf_feature_score_at_index(arg, "Probe_feature_mean_score", &score, i);
    return vmaf_close(arg) ? arg : NULL;
}

static int round_of(unsigned n_threads)
{
    VmafContext *vmaf[SEVERAL];
    pthread_t thread[SEVERAL];
    const VmafConfiguration cfg = {.n_threads = n_threads};
    int failed = 0;
    for (unsigned k = 0; k < SEVERAL; k++) {
        VmafFeatureDictionary *options = NULL;
        if (vmaf_init(vmaf + k, cfg) || vmaf_feature_dictionary_set(&options, "ref_history", "2")) return 1;
        if (vmaf_use_feature(vmaf[k], "probe", options) || vmaf_use_feature(vmaf[k], "late", NULL)) return 1;
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        VmafPicture ref, dis[SEVERAL];
        const unsigned gone = i > FLUSHED_AT; /* the first one */
        if (i == FLUSHED_AT + 1 && vmafpy_flush_one_of_several(vmaf, SEVERAL, 0)) return 1;
        if (vmaf_picture_alloc(&ref, VMAF_PIX_FMT_YUV400P, 8, SIDE, SIDE)) return 1;
        for (unsigned k = 0; k < SEVERAL - gone; k++)
            if (vmaf_picture_alloc(dis + k, VMAF_PIX_FMT_YUV400P, 8, SIDE, SIDE)) return 1;
        if (vmafpy_read_pictures_several(vmaf + gone, SEVERAL - gone, &ref, dis, i)) return 1;
    }
    for (unsigned k = 0; k < SEVERAL; k++)
        if (pthread_create(thread + k, NULL, close_one, vmaf[k])) return 1;
    for (unsigned k = 0; k < SEVERAL; k++) {
        void *refused;
        pthread_join(thread[k], &refused);
        failed |= refused != NULL;
    }
    return failed;
}

int main(void)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        if (round_of(i % 3)) return 1;
    return 0;
}
