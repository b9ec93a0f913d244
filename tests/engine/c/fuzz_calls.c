/* Calls of the C API in any order, with any arguments a caller may give. Made for AddressSanitizer with leak detection;
 * run with the probe extractors.
 *
 * fuzz_calls SEED COUNT: COUNT sequences of calls drawn from the seed. With -DVP_LIBFUZZER libFuzzer draws them.
 * Environment: VP_FUZZ_MODEL and VP_FUZZ_COLLECTION, files of models of the probe extractor.
 * Pointers stay what the API's contract asks for: NULL or alive. Aborts on a return code that is no errno, or a picture
 * that was neither taken nor left to the caller. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmaf_api.h"

enum { MODELS = 2, CALLS_MAX = 200 };

typedef struct {
    const uint8_t *at, *end;
} Bytes;

typedef struct {
    VmafContext *vmaf, *other;
    VmafModel *model[MODELS], *main_model;
    VmafModelCollection *collection;
    unsigned n_frames;
} Session;

static const char *model_path, *collection_path;

static unsigned take(Bytes *b)
{
    return b->at < b->end ? *b->at++ : 0;
}

static int answer(int rc)
{
    if (rc > 0 || rc < -4095) abort();
    return rc;
}

/* An index near the frames there are, or far off. */
static unsigned any_index(Bytes *b, const Session *s)
{
    const unsigned k = take(b);
    return k == 255 ? UINT32_MAX : k > 240 ? s->n_frames + k - 240 : s->n_frames ? k % s->n_frames : k;
}

static const char *any_name(Bytes *b)
{
    static const char *const names[] = {"probe",      "Probe_feature_mean_score", "Probe_feature_diff_score", "probe_past",
                                        "probe_bare", "probe_mean",               "vmaf",                     "",
                                        "no_such",    NULL};
    return names[take(b) % (sizeof(names) / sizeof(names[0]))];
}

static VmafFeatureDictionary *any_options(Bytes *b)
{
    static const char *const keys[] = {"probe_gain", "probe_flag", "probe_offset", "no_such", ""};
    static const char *const values[] = {"1", "2.5", "true", "-3", "nan", "1e999", "", "x"};
    VmafFeatureDictionary *out = NULL;
    for (unsigned n = take(b) % 4; n; n--) {
        const char *key = keys[take(b) % 5];
        answer(vmaf_feature_dictionary_set(&out, key, values[take(b) % 8]));
    }
    return out;
}

static int make_picture(Bytes *b, VmafPicture *pic)
{
    static const unsigned side[] = {16, 16, 16, 17, 1, 0, 16385};
    static const unsigned bpc[] = {8, 8, 8, 10, 16, 7, 17};
    const unsigned form = take(b), depth = take(b);
    const int rc = answer(vmaf_picture_alloc(pic, form / 8 % 6, bpc[depth % 7], side[form % 7], side[depth / 7 % 7]));
    if (rc) return rc;
    const unsigned planes = pic->pix_fmt == VMAF_PIX_FMT_YUV400P ? 1 : 3;
    for (unsigned p = 0; p < planes; p++)
        for (unsigned y = 0; y < pic->h[p]; y++)
            memset((char *)pic->data[p] + (ptrdiff_t)y * pic->stride[p], (int)depth, pic->w[p] * (pic->bpc > 8 ? 2 : 1));
    return 0;
}

static void read_pair(Bytes *b, Session *s)
{
    VmafPicture ref, dis;
    const Bytes form = *b;
    if (make_picture(b, &ref)) return;
    if (take(b) % 8) {
        Bytes same = form;
        if (make_picture(&same, &dis)) abort();
    } else if (make_picture(b, &dis)) {
        answer(vmaf_picture_unref(&ref));
        return;
    }
    const unsigned odd = take(b);
    const unsigned index = odd > 250 ? any_index(b, s) : s->n_frames;
    const int rc = answer(odd == 250   ? vmaf_read_pictures(s->vmaf, &ref, NULL, index)
                          : odd == 249 ? vmaf_read_pictures(s->vmaf, &ref, &ref, index)
                                       : vmaf_read_pictures(s->vmaf, &ref, &dis, index));
    if (!rc) {
        if (ref.ref || dis.ref) abort();
        s->n_frames++;
    } else {
        if (!ref.ref || !dis.ref) abort();
        answer(vmaf_picture_unref(&ref));
        answer(vmaf_picture_unref(&dis));
    }
}

/* One reference and two distorted pictures to both contexts, or what a caller may take for them; or their flush. */
static void read_several(Bytes *b, Session *s)
{
    VmafContext *const sets[][2] = {{s->vmaf, s->other}, {s->vmaf, s->other}, {s->vmaf, s->other}, {s->other, s->vmaf},
                                    {s->vmaf, s->vmaf}, {s->other, NULL}};
    VmafContext *vmaf[2];
    VmafPicture ref, dis[2];
    const unsigned set = take(b), n = take(b) % 16 ? 2 : set % 3;
    memcpy(vmaf, sets[set % 6], sizeof(vmaf));
    if (take(b) % 16 == 0) {
        answer(vmafpy_read_pictures_several(vmaf, n, NULL, NULL, 0));
        return;
    }
    if (take(b) % 32 == 0) {
        answer(vmafpy_flush_one_of_several(vmaf, n, take(b) % 3));
        return;
    }
    const Bytes form = *b;
    Bytes same = form;
    if (make_picture(b, &ref)) return;
    if (make_picture(&same, dis)) abort();
    same = form;
    if (make_picture(take(b) % 8 ? &same : b, dis + 1)) {
        answer(vmaf_picture_unref(&ref));
        answer(vmaf_picture_unref(dis));
        return;
    }
    const unsigned index = take(b) > 250 ? any_index(b, s) : s->n_frames;
    const int rc = answer(vmafpy_read_pictures_several(vmaf, n, &ref, dis, index));
    if (!rc) s->n_frames++;
    for (unsigned k = 0; k < 3; k++) {
        VmafPicture *pic = k < 2 ? dis + k : &ref;
        const int taken = !rc && (k == 2 || k < n);
        if (!pic->ref != taken) abort();
        if (!taken) answer(vmaf_picture_unref(pic));
    }
}

static void call(Bytes *b, Session *s)
{
    const unsigned what = take(b) % 26;
    VmafModel **model = s->model + take(b) % MODELS;
    double score = 0;
    VmafModelCollectionScore spread;
    switch (what) {
    case 0:
        if (!s->vmaf) {
            const VmafConfiguration cfg = {.n_threads = take(b) % 4, .n_subsample = take(b) % 4, .cpumask = take(b)};
            answer(vmaf_init(&s->vmaf, cfg));
            s->n_frames = 0;
        }
        break;
    case 1:
        if (!answer(vmaf_close(s->vmaf))) s->vmaf = NULL;
        break;
    case 2: answer(vmaf_use_feature(s->vmaf, any_name(b), any_options(b))); break;
    case 3: answer(vmaf_use_features_from_model(s->vmaf, *model)); break;
    case 4: answer(vmaf_use_features_from_model_collection(s->vmaf, s->collection)); break;
    case 5: answer(vmaf_read_pictures(s->vmaf, NULL, NULL, take(b))); break;
    case 6: answer(vmaf_score_at_index(s->vmaf, *model, &score, any_index(b, s))); break;
    case 7: answer(vmaf_feature_score_at_index(s->vmaf, any_name(b), &score, any_index(b, s))); break;
    case 8: answer(vmaf_score_pooled(s->vmaf, *model, take(b) % 6, &score, any_index(b, s), any_index(b, s))); break;
    case 9:
        answer(vmaf_feature_score_pooled(s->vmaf, any_name(b), take(b) % 6, &score, any_index(b, s), any_index(b, s)));
        break;
    case 10:
        if (!*model) {
            VmafModelConfig cfg = {.name = any_name(b), .flags = take(b) % 16};
            answer(vmaf_model_load_from_path(model, &cfg, take(b) % 8 ? model_path : collection_path));
        }
        break;
    case 11:
        vmaf_model_destroy(*model);
        *model = NULL;
        break;
    case 12: answer(vmaf_model_feature_overload(*model, any_name(b), any_options(b))); break;
    case 13: answer(vmaf_import_feature_score(s->vmaf, any_name(b), take(b), 17 * take(b))); break;
    case 14:
        if (!s->collection && !s->main_model) {
            VmafModelConfig cfg = {.name = any_name(b), .flags = take(b) % 8};
            answer(vmaf_model_collection_load_from_path(&s->main_model, &s->collection, &cfg, collection_path));
        }
        break;
    case 15:
        answer(vmaf_score_at_index_model_collection(s->vmaf, s->collection, &spread, any_index(b, s)));
        break;
    case 16:
        vmaf_model_collection_destroy(s->collection);
        s->collection = NULL;
        vmaf_model_destroy(s->main_model);
        s->main_model = NULL;
        break;
    case 17:
    case 18:
    case 19: read_pair(b, s); break;
    case 20:
        if (!s->other) {
            const VmafConfiguration cfg = {.n_threads = take(b) % 2};
            answer(vmaf_init(&s->other, cfg));
        }
        break;
    case 21:
        if (s->other && !answer(vmaf_close(s->other))) s->other = NULL;
        break;
    case 22: {
        Bytes again = *b;
        answer(vmaf_use_feature(s->vmaf, "probe", any_options(b)));
        answer(vmaf_use_feature(s->other, "probe", any_options(&again)));
        break;
    }
    case 23:
    case 24:
    case 25: read_several(b, s); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes b = {data, data + size};
    Session s = {0};
    model_path = getenv("VP_FUZZ_MODEL");
    collection_path = getenv("VP_FUZZ_COLLECTION");
    if (!model_path || !collection_path) abort();
    const VmafConfiguration cfg = {.n_threads = take(&b) % 4, .n_subsample = take(&b) % 4};
    answer(vmaf_init(&s.vmaf, cfg));
    answer(vmaf_init(&s.other, cfg));
    for (int k = 0; k < CALLS_MAX && b.at < b.end; k++) call(&b, &s);
    if (s.vmaf) answer(vmaf_close(s.vmaf));
    if (s.other) answer(vmaf_close(s.other));
    for (int i = 0; i < MODELS; i++) vmaf_model_destroy(s.model[i]);
    vmaf_model_collection_destroy(s.collection);
    vmaf_model_destroy(s.main_model);
    return 0;
}

#ifndef VP_LIBFUZZER
int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    uint64_t state = strtoull(argv[1], NULL, 10);
    const unsigned long count = strtoul(argv[2], NULL, 10);
    for (unsigned long k = 0; k < count; k++) {
        uint8_t data[400];
        for (size_t i = 0; i < sizeof(data); i++) {
            state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator; its high bits are good */
            data[i] = (uint8_t)(state >> 40);
        }
        LLVMFuzzerTestOneInput(data, 1 + k % sizeof(data));
    }
    printf("%lu sequences\n", count);
    return 0;
}
#endif
