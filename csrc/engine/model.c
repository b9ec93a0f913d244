#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/context.h"
#include "predict/model.h"

enum {
    FILE_MAX = 64 << 20,       /* bytes; built-in collections have 400,000 */
    NAME_MAX_BYTES = 255 - 12, /* leaves room for _ci_p95_lo and _0999 in score names */
};

/* The whole file with a zero byte behind it. */
static int read_file(const char *path, char **text, size_t *n)
{
    size_t used = 0, size = 1 << 16;
    int rc = 0;
    errno = 0;
    FILE *f = fopen(path, "rb");
    if (!f) return errno ? -errno : -EINVAL;
    char *buffer = malloc(size);
    if (!buffer) rc = -ENOMEM;
    while (!rc) {
        used += fread(buffer + used, 1, size - used - 1, f);
        if (ferror(f)) rc = errno ? -errno : -EIO;
        if (rc || used < size - 1) break;
        if (size > FILE_MAX) {
            rc = -EFBIG;
            break;
        }
        char *more = realloc(buffer, 2 * size);
        if (!more) {
            rc = -ENOMEM;
            break;
        }
        buffer = more;
        size *= 2;
    }
    fclose(f);
    if (rc) {
        free(buffer);
        return rc;
    }
    buffer[used] = '\0';
    *text = buffer;
    *n = used;
    return 0;
}

static const char *config_name(const VmafModelConfig *cfg)
{
    return cfg->name ? cfg->name : "vmaf";
}

static int check_name(const VmafModelConfig *cfg)
{
    const size_t n = strlen(config_name(cfg));
    return n && n <= NAME_MAX_BYTES ? 0 : -EINVAL;
}

/* "name", or "name_0007" for number 7. */
static char *make_name(const char *name, int number)
{
    const size_t size = strlen(name) + 12;
    char *s = malloc(size);
    if (s && number) snprintf(s, size, "%s_%04d", name, number);
    if (s && !number) snprintf(s, size, "%s", name);
    return s;
}

int vmaf_model_load_from_path(VmafModel **model, VmafModelConfig *cfg, const char *path)
{
    if (!model || !cfg || !path || check_name(cfg)) return -EINVAL;
    char *text;
    size_t n;
    VmafModel *m;
    int rc = read_file(path, &text, &n);
    if (rc) return rc;
    rc = vp_model_read(text, n, cfg->flags, &m);
    free(text);
    if (rc) return rc;
    m->name = make_name(config_name(cfg), 0);
    if (!m->name) {
        vp_model_drop(m);
        return -ENOMEM;
    }
    *model = m;
    return 0;
}

int vmaf_model_collection_load_from_path(VmafModel **model, VmafModelCollection **model_collection,
                                         VmafModelConfig *cfg, const char *path)
{
    if (!model || !model_collection || !cfg || !path || check_name(cfg)) return -EINVAL;
    char *text;
    size_t n;
    VmafModel **all;
    int n_all;
    int rc = read_file(path, &text, &n);
    if (rc) return rc;
    rc = vp_models_read(text, n, cfg->flags, &all, &n_all);
    free(text);
    if (rc) return rc;

    VmafModelCollection *c = calloc(1, sizeof(*c));
    char *name = make_name(config_name(cfg), 0);
    VmafModel **member = calloc((size_t)n_all, sizeof(VmafModel *));
    bool named = true;
    for (int i = 0; i < n_all; i++) {
        all[i]->name = make_name(config_name(cfg), i);
        named = named && all[i]->name;
    }
    if (!c || !name || !member || !named) {
        for (int i = 0; i < n_all; i++) vp_model_drop(all[i]);
        free(all);
        free(member);
        free(name);
        free(c);
        return -ENOMEM;
    }
    memcpy(member, all + 1, (size_t)(n_all - 1) * sizeof(VmafModel *));
    atomic_init(&c->refs, 1);
    c->name = name;
    c->member = member;
    c->n = n_all - 1;
    *model = all[0];
    *model_collection = c;
    free(all);
    return 0;
}

void vmaf_model_destroy(VmafModel *model)
{
    vp_model_drop(model);
}

void vmaf_model_collection_destroy(VmafModelCollection *model_collection)
{
    vp_collection_drop(model_collection);
}

/* New options of one model: dict merged over those of the extractor's features. 0, or a negative errno, with what was
 * made left in `fresh`. */
static int merge_options(const VmafModel *m, const VpExtractor *e, const VmafFeatureDictionary *dict,
                         VmafFeatureDictionary **fresh)
{
    for (int i = 0; i < m->n_features; i++) {
        if (vp_extractor_by_output(m->feature[i].name) != e) continue;
        void *options;
        int rc = vp_dictionary_merge(fresh + i, m->feature[i].options);
        if (!rc) rc = vp_dictionary_merge(fresh + i, dict);
        if (!rc) rc = vp_options_parse(e, fresh[i], &options);
        if (rc) return rc;
        free(options);
    }
    return 0;
}

/* All models get the options or none. */
static int overload(VmafModel *const *model, int n, const char *extractor, const VmafFeatureDictionary *dict)
{
    const VpExtractor *e = vp_extractor_by_name(extractor);
    if (!e) return -EINVAL;
    for (int k = 0; k < n; k++)
        if (atomic_load(&model[k]->refs) > 1) return -EBUSY; /* a context has looked up its features */
    VmafFeatureDictionary **fresh = calloc((size_t)n * VP_FEATURES_MAX, sizeof(*fresh));
    if (!fresh) return -ENOMEM;
    int rc = 0;
    for (int k = 0; k < n && !rc; k++) rc = merge_options(model[k], e, dict, fresh + k * VP_FEATURES_MAX);
    for (int k = 0; k < n && !rc; k++)
        for (int i = 0; i < model[k]->n_features; i++) {
            VmafFeatureDictionary **made = fresh + k * VP_FEATURES_MAX + i, *old = model[k]->feature[i].options;
            if (!*made) continue;
            model[k]->feature[i].options = *made;
            *made = old;
        }
    for (int i = 0; i < n * VP_FEATURES_MAX; i++) vmaf_feature_dictionary_free(fresh + i);
    free(fresh);
    return rc;
}

int vmaf_model_feature_overload(VmafModel *model, const char *feature_name, VmafFeatureDictionary *opts_dict)
{
    const int rc = model && feature_name ? overload(&model, 1, feature_name, opts_dict) : -EINVAL;
    vmaf_feature_dictionary_free(&opts_dict);
    return rc;
}

int vmaf_model_collection_feature_overload(VmafModel *model, VmafModelCollection **model_collection,
                                           const char *feature_name, VmafFeatureDictionary *opts_dict)
{
    int rc = -EINVAL;
    if (model && model_collection && *model_collection && feature_name) {
        const VmafModelCollection *c = *model_collection;
        VmafModel **all = calloc((size_t)c->n + 1, sizeof(VmafModel *));
        rc = -ENOMEM;
        if (all) {
            all[0] = model;
            memcpy(all + 1, c->member, (size_t)c->n * sizeof(VmafModel *));
            rc = overload(all, c->n + 1, feature_name, opts_dict);
        }
        free(all);
    }
    vmaf_feature_dictionary_free(&opts_dict);
    return rc;
}
