/* Reads mutated model documents and predicts with those that are still models. Made for AddressSanitizer.
 *
 * fuzz_model_json SEED COUNT FILE...: each of COUNT documents is one of the files with 1 to 8 mutations, few of them mostly, drawn from the
 * seed. Prints how many were models. Exit status 0: every answer was 0, -EINVAL or -ENOMEM. With -DVP_LIBFUZZER
 * libFuzzer makes the documents. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "predict/predict.h"

enum { FILES_MAX = 64 };

typedef struct {
    char *text;
    size_t n;
} Text;

static uint64_t state;

static uint64_t draw(uint64_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator; its high bits are good */
    return (state >> 33) % below;
}

static int check(const Text *t, unsigned long *n_models)
{
    /* exactly as long as the text: a byte read too far is found */
    char *exact = malloc(t->n ? t->n : 1);
    VmafModel *model, **models;
    double features[VP_FEATURES_MAX];
    int n = 0;
    volatile double score = 0;
    if (!exact) exit(2);
    memcpy(exact, t->text, t->n);
    for (int i = 0; i < VP_FEATURES_MAX; i++) features[i] = 0.125 * i;
    const uint64_t flags = draw(4);
    const int one = vp_model_read(exact, t->n, flags, &model);
    if (!one) {
        score = vp_predict_finish(model, vp_predict_raw(model, features));
        vp_model_drop(model);
        ++*n_models;
    }
    const int many = vp_models_read(exact, t->n, flags, &models, &n);
    if (!many) {
        double raw[VP_MODELS_MAX];
        for (int i = 1; i < n; i++) raw[i - 1] = vp_predict_raw(models[i], features);
        score = vp_bootstrap(models + 1, n - 1, raw).stddev;
        for (int i = 0; i < n; i++) vp_model_drop(models[i]);
        free(models);
        ++*n_models;
    }
    (void)score;
    free(exact);
    return (one && one != -EINVAL && one != -ENOMEM) || (many && many != -EINVAL && many != -ENOMEM);
}

#ifndef VP_LIBFUZZER
static Text read_file(const char *path)
{
    Text t = {0};
    FILE *f = fopen(path, "rb");
    if (!f) return t;
    fseek(f, 0, SEEK_END);
    t.n = (size_t)ftell(f);
    rewind(f);
    t.text = malloc(t.n + 1);
    if (!t.text || fread(t.text, 1, t.n, f) != t.n) exit(2);
    fclose(f);
    return t;
}

/* Replaces n bytes at `at` by others. */
static void replace(Text *t, size_t at, size_t n, const char *by, size_t n_by)
{
    char *out = malloc(t->n - n + n_by + 1);
    if (!out) exit(2);
    memcpy(out, t->text, at);
    memcpy(out + at, by, n_by);
    memcpy(out + at + n_by, t->text + at + n, t->n - at - n);
    free(t->text);
    t->text = out;
    t->n = t->n - n + n_by;
}

static void mutate(Text *t)
{
    static const char *const words[] = {
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "false", "0", "-0", "-1", "1e308", "1e999", "1e-400",
        "9223372036854775807", "4294967296", "0.1", "\\u0000", "\\ud800", "\\", "\xc3", "\xff", " ", "\\n", "SV",
        "total_sv 2000000000", "1:", ":1", "65:1", "nan", "rbf", "polynomial", "{}", "[]", "[[", "\"model\":",
        "\"0\":", "\"1\":", "\"model_dict\":", "\"knots\":[[0,0],[1,1]],", "\"chroma_correction_parameter\":1,",
    };
    const size_t at = draw(t->n + 1), left = t->n - at;
    const size_t some = left ? draw(left < 64 ? left + 1 : 64) : 0;
    switch (draw(6)) {
    case 0:
        if (left) t->text[at] = (char)draw(256);
        break;
    case 1:
        if (left) t->text[at] ^= (char)(1 << draw(8));
        break;
    case 2: replace(t, at, some, "", 0); break;
    case 3: { /* repeats a piece */
        char piece[64];
        memcpy(piece, t->text + at, some);
        replace(t, draw(t->n + 1), 0, piece, some);
        break;
    }
    case 4: {
        const char *word = words[draw(sizeof(words) / sizeof(words[0]))];
        replace(t, at, draw(2) ? some : 0, word, strlen(word));
        break;
    }
    case 5:
        if (draw(8) == 0) t->n = at;
        break;
    }
}

int main(int argc, char **argv)
{
    Text file[FILES_MAX];
    const int n_files = argc - 3;
    unsigned long n_models = 0;
    if (n_files < 1 || n_files > FILES_MAX) return 2;
    state = strtoull(argv[1], NULL, 10);
    const unsigned long count = strtoul(argv[2], NULL, 10);
    for (int i = 0; i < n_files; i++) {
        file[i] = read_file(argv[3 + i]);
        if (!file[i].text || check(file + i, &n_models)) return 2;
    }
    for (unsigned long k = 0; k < count; k++) {
        const Text *from = file + draw((uint64_t)n_files);
        Text t = {malloc(from->n + 1), from->n};
        if (!t.text) return 2;
        memcpy(t.text, from->text, from->n);
        for (uint64_t m = 1 + draw(1 + draw(8)); m; m--) mutate(&t);
        if (check(&t, &n_models)) {
            fprintf(stderr, "document %lu: an unknown error\n", k);
            return 1;
        }
        free(t.text);
    }
    for (int i = 0; i < n_files; i++) free(file[i].text);
    printf("%lu of %lu documents are models\n", n_models, count + (unsigned long)n_files);
    return 0;
}
#else
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const Text t = {(char *)(uintptr_t)data, size};
    unsigned long n_models = 0;
    state = size; /* the flags depend on nothing but the document */
    if (check(&t, &n_models)) abort();
    return 0;
}
#endif
