/* Goes through the whole C API while the k-th allocation fails, for every k. Exit status 0: each failure came back as
 * -ENOMEM. That nothing leaks or is used after its end is for AddressSanitizer and LeakSanitizer to say.
 *
 * failing_memory MODEL.json COLLECTION.json, linked with --wrap for malloc, calloc, realloc and aligned_alloc; run with
 * the probe extractors. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "vmaf_api.h"

enum { SEVERAL = 3 };

static atomic_long until_failure; /* allocations; 0: none fails */
static atomic_int failed;

static int fails(void)
{
    if (atomic_load(&until_failure) <= 0 || atomic_fetch_sub(&until_failure, 1) != 1) return 0;
    atomic_store(&failed, 1);
    return 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

static int use_probe(VmafContext *vmaf, const char *key, const char *value)
{
    VmafFeatureDictionary *options = NULL;
    const int rc = vmaf_feature_dictionary_set(&options, key, value);
    if (rc) {
        vmaf_feature_dictionary_free(&options);
        return rc;
    }
    return vmaf_use_feature(vmaf, "probe", options);
}

static int read_frame(VmafContext *vmaf, unsigned index)
{
    VmafPicture ref = {0}, dis = {0};
    int rc = vmaf_picture_alloc(&ref, VMAF_PIX_FMT_YUV420P, 8, 16, 16);
    if (!rc) rc = vmaf_picture_alloc(&dis, VMAF_PIX_FMT_YUV420P, 8, 16, 16);
    if (!rc) rc = vmaf_read_pictures(vmaf, &ref, &dis, index);
    if (rc) {
        vmaf_picture_unref(&ref); /* -EINVAL where there is nothing to drop */
        vmaf_picture_unref(&dis);
    }
    return rc;
}

static int import_many(VmafContext *vmaf)
{
    int rc = 0;
    for (int k = 0; k < 40 && !rc; k++) {
        char name[32];
        snprintf(name, sizeof(name), "imported %d", k);
        rc = vmaf_import_feature_score(vmaf, name, k, (unsigned)k * 700u);
    }
    return rc;
}

static int read_several(VmafContext **vmaf, unsigned n, unsigned index)
{
    VmafPicture ref = {0}, dis[SEVERAL] = {0};
    int rc = vmaf_picture_alloc(&ref, VMAF_PIX_FMT_YUV420P, 8, 16, 16);
    for (unsigned k = 0; k < n && !rc; k++) rc = vmaf_picture_alloc(dis + k, VMAF_PIX_FMT_YUV420P, 8, 16, 16);
    if (!rc) rc = vmafpy_read_pictures_several(vmaf, n, &ref, dis, index);
    if (rc) {
        vmaf_picture_unref(&ref);
        for (unsigned k = 0; k < n; k++) vmaf_picture_unref(dis + k);
    }
    return rc;
}

/* The same for contexts that share their reference. Closed in any order. */
static int several(unsigned n_threads)
{
    VmafContext *vmaf[SEVERAL] = {NULL};
    const VmafConfiguration cfg = {.n_threads = n_threads};
    double score;
    int rc = 0;
    for (unsigned k = 0; k < SEVERAL && !rc; k++) {
        rc = vmaf_init(vmaf + k, cfg);
        if (!rc) rc = vmaf_use_feature(vmaf[k], "late", NULL);
        if (!rc) rc = use_probe(vmaf[k], "ref_history", "2");
    }
    for (unsigned i = 0; i < 3 && !rc; i++) rc = read_several(vmaf, SEVERAL, i);
    if (!rc) rc = vmafpy_flush_one_of_several(vmaf, SEVERAL, 0);
    for (unsigned i = 3; i < 6 && !rc; i++) rc = read_several(vmaf + 1, SEVERAL - 1, i);
    if (!rc) rc = vmafpy_read_pictures_several(vmaf + 1, SEVERAL - 1, NULL, NULL, 0);
    for (unsigned k = 0; k < SEVERAL && !rc; k++) rc = vmaf_feature_score_at_index(vmaf[k], "late_shared", &score, 2);
    for (unsigned k = 0; k < SEVERAL; k++)
        if (vmaf[(k + 1) % SEVERAL]) vmaf_close(vmaf[(k + 1) % SEVERAL]);
    return rc;
}

/* The first error of a complete session, or 0. */
static int session(const char *model_path, const char *collection_path, unsigned n_threads)
{
    VmafContext *vmaf = NULL;
    VmafModel *model = NULL, *main_model = NULL;
    VmafModelCollection *collection = NULL;
    VmafFeatureDictionary *options = NULL;
    VmafModelConfig one = {.name = "one"}, many = {.name = "many"};
    VmafModelCollectionScore statistics;
    double score;
    const VmafConfiguration cfg = {.n_threads = n_threads};

    int rc = vmaf_model_load_from_path(&model, &one, model_path);
    if (!rc) rc = vmaf_model_collection_load_from_path(&main_model, &collection, &many, collection_path);
    if (!rc) rc = vmaf_feature_dictionary_set(&options, "probe_gain", "2");
    if (!rc) {
        rc = vmaf_model_feature_overload(model, "probe", options);
        options = NULL;
    }
    if (!rc) rc = vmaf_feature_dictionary_set(&options, "probe_flag", "true");
    if (!rc) {
        rc = vmaf_model_collection_feature_overload(main_model, &collection, "probe", options);
        options = NULL;
    }
    vmaf_feature_dictionary_free(&options);
    if (!rc) rc = vmaf_init(&vmaf, cfg);
    if (!rc) rc = vmaf_use_features_from_model(vmaf, model);
    if (!rc) rc = vmaf_use_features_from_model_collection(vmaf, collection);
    if (!rc) rc = vmaf_use_feature(vmaf, "late", NULL);
    if (!rc) rc = use_probe(vmaf, "mode", "twice");
    if (!rc) rc = import_many(vmaf);
    for (unsigned i = 0; i < 6 && !rc; i++) rc = read_frame(vmaf, i);
    if (!rc) rc = vmaf_read_pictures(vmaf, NULL, NULL, 0);
    if (!rc) rc = vmaf_score_pooled(vmaf, model, VMAF_POOL_METHOD_MEAN, &score, 0, 5);
    if (!rc) rc = vmaf_score_at_index(vmaf, main_model, &score, 5);
    if (!rc) rc = vmaf_score_at_index_model_collection(vmaf, collection, &statistics, 3);
    if (!rc) rc = vmafpy_aggregate(vmaf, "late_total", &score);
    vmaf_model_destroy(model);
    if (vmaf) vmaf_close(vmaf);
    vmaf_model_destroy(main_model);
    vmaf_model_collection_destroy(collection);
    return rc ? rc : several(n_threads);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    for (unsigned n_threads = 0; n_threads <= 2; n_threads += 2) {
        long k = 0;
        do {
            atomic_store(&failed, 0);
            atomic_store(&until_failure, ++k);
            const int rc = session(argv[1], argv[2], n_threads);
            const int expected = atomic_load(&failed) ? -ENOMEM : 0;
            if (rc != expected) {
                fprintf(stderr, "%u threads, allocation %ld: %d, not %d\n", n_threads, k, rc, expected);
                return 1;
            }
        } while (atomic_load(&failed));
        printf("%u threads: %ld allocations\n", n_threads, k - 1);
    }
    return 0;
}
