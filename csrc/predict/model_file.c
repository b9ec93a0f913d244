#include "predict/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "predict/json.h"

enum { KEY_SIZE = 64 };

/* What a document says before it is known to fit together. */
typedef struct {
    unsigned seen; /* keys of model_dict, by position in `readers` */
    VmafModel *model;
    int n_names, n_options, n_slopes, n_intercepts;
    VmafFeatureDictionary *options[VP_FEATURES_MAX];
    double slope[VP_FEATURES_MAX + 1], intercept[VP_FEATURES_MAX + 1];
    bool linear;
    char *svm;
} Draft;

static void invalid(VpJson *j)
{
    vp_json_fail(j, -EINVAL);
}

/* Which of the words a string is; fails if it is none. */
static int read_choice(VpJson *j, const char *const *words)
{
    char *text = vp_json_string(j);
    int found = -1;
    for (int i = 0; text && words[i]; i++)
        if (!strcmp(text, words[i])) found = i;
    free(text);
    if (found < 0) invalid(j);
    return found;
}

static void read_type(VpJson *j, Draft *d)
{
    static const char *const types[] = {"LIBSVMNUSVR", "BOOTSTRAP_LIBSVMNUSVR", "RESIDUEBOOTSTRAP_LIBSVMNUSVR", NULL};
    d->model->bootstrap = read_choice(j, types) > 0;
}

static void read_norm(VpJson *j, Draft *d)
{
    static const char *const types[] = {"none", "linear_rescale", NULL};
    d->linear = read_choice(j, types) == 1;
}

static void read_names(VpJson *j, Draft *d)
{
    vp_json_begin(j, '[');
    while (vp_json_next(j)) {
        char *name = d->n_names < VP_FEATURES_MAX ? vp_json_string(j) : NULL;
        if (name)
            d->model->feature[d->n_names++].name = name;
        else
            invalid(j);
    }
}

static int read_numbers(VpJson *j, double *out, int max)
{
    int n = 0;
    vp_json_begin(j, '[');
    while (vp_json_next(j)) {
        if (n == max)
            invalid(j);
        else
            out[n++] = vp_json_number(j);
    }
    return n;
}

static void read_slopes(VpJson *j, Draft *d)
{
    d->n_slopes = read_numbers(j, d->slope, VP_FEATURES_MAX + 1);
}

static void read_intercepts(VpJson *j, Draft *d)
{
    d->n_intercepts = read_numbers(j, d->intercept, VP_FEATURES_MAX + 1);
}

/* The text of an option value: a string, a number as it is written, or true or false. New. */
static char *read_option(VpJson *j)
{
    if (vp_json_peek(j) == '"') return vp_json_string(j);
    const char *text = "";
    size_t n = 0;
    if (vp_json_peek(j) == '0') {
        text = vp_json_number_text(j, &n);
    } else {
        text = vp_json_bool(j) ? "true" : "false";
        n = strlen(text);
    }
    char *copy = j->error ? NULL : malloc(n + 1);
    if (!copy) {
        vp_json_fail(j, -ENOMEM);
        return NULL;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

static void read_options(VpJson *j, VmafFeatureDictionary **options)
{
    vp_json_begin(j, '{');
    while (vp_json_next(j)) {
        char key[KEY_SIZE];
        vp_json_key(j, key, sizeof(key));
        char *value = read_option(j);
        if (!key[0] || vp_dictionary_get(*options, key)) invalid(j);
        if (!j->error && vmaf_feature_dictionary_set(options, key, value)) vp_json_fail(j, -ENOMEM);
        free(value);
    }
}

static void read_all_options(VpJson *j, Draft *d)
{
    vp_json_begin(j, '[');
    while (vp_json_next(j)) {
        if (d->n_options == VP_FEATURES_MAX)
            invalid(j);
        else
            read_options(j, d->options + d->n_options++);
    }
}

static void read_clip(VpJson *j, Draft *d)
{
    double range[2];
    if (read_numbers(j, range, 2) != 2 || range[0] > range[1]) {
        invalid(j);
        return;
    }
    d->model->clip = true;
    d->model->clip_min = range[0];
    d->model->clip_max = range[1];
}

static void read_knots(VpJson *j, VpTransform *t)
{
    vp_json_begin(j, '[');
    while (vp_json_next(j)) {
        double knot[2];
        const int n = t->n_knots;
        if (n == VP_KNOTS_MAX || read_numbers(j, knot, 2) != 2 ||
            (n && (knot[0] <= t->x[n - 1] || knot[1] < t->y[n - 1]))) {
            invalid(j);
            return;
        }
        t->x[n] = knot[0];
        t->y[n] = knot[1];
        t->n_knots++;
    }
    if (t->n_knots == 1) t->n_knots = 0; /* one point is no line: the score stays */
}

static bool read_true(VpJson *j)
{
    char *text = vp_json_string(j);
    const bool is_true = text && !strcmp(text, "true");
    free(text);
    return is_true;
}

static void read_transform(VpJson *j, Draft *d)
{
    static const char *const keys[] = {"enabled", "p0", "p1", "p2", "knots", "out_lte_in", "out_gte_in", NULL};
    VpTransform *t = &d->model->transform;
    unsigned seen = 0;
    vp_json_begin(j, '{');
    while (vp_json_next(j)) {
        char key[KEY_SIZE];
        int k = 0;
        vp_json_key(j, key, sizeof(key));
        while (keys[k] && strcmp(key, keys[k])) k++;
        if (keys[k] && (seen & 1u << k)) invalid(j);
        seen |= 1u << k;
        if (k && keys[k] && vp_json_peek(j) == 'n') {
            vp_json_null(j); /* as if it were not there */
            continue;
        }
        switch (k) {
        case 0: t->enabled = vp_json_bool(j); break;
        case 1:
        case 2:
        case 3:
            t->has[k - 1] = true;
            t->p[k - 1] = vp_json_number(j);
            break;
        case 4: read_knots(j, t); break;
        case 5: t->not_above = read_true(j); break;
        case 6: t->not_below = read_true(j); break;
        default: vp_json_skip(j);
        }
    }
}

static void read_chroma(VpJson *j, Draft *d)
{
    d->model->chroma = true;
    d->model->chroma_parameter = vp_json_number(j);
}

static void read_svm(VpJson *j, Draft *d)
{
    d->svm = vp_json_string(j);
}

static const struct {
    const char *key;
    bool required;
    void (*read)(VpJson *j, Draft *d);
} readers[] = {
    {"model_type", true, read_type},
    {"norm_type", true, read_norm},
    {"feature_names", true, read_names},
    {"model", true, read_svm},
    {"slopes", false, read_slopes},
    {"intercepts", false, read_intercepts},
    {"feature_opts_dicts", false, read_all_options},
    {"score_clip", false, read_clip},
    {"score_transform", false, read_transform},
    {"chroma_correction_parameter", false, read_chroma},
};
enum { N_READERS = sizeof(readers) / sizeof(readers[0]) };

static void read_model_dict(VpJson *j, Draft *d)
{
    vp_json_begin(j, '{');
    while (vp_json_next(j)) {
        char key[KEY_SIZE];
        int k = 0;
        vp_json_key(j, key, sizeof(key));
        while (k < N_READERS && strcmp(key, readers[k].key)) k++;
        if (k == N_READERS) {
            vp_json_skip(j);
            continue;
        }
        if (d->seen & 1u << k) invalid(j);
        if (j->error) return;
        d->seen |= 1u << k;
        readers[k].read(j, d);
    }
    for (int k = 0; k < N_READERS; k++)
        if (readers[k].required && !(d->seen & 1u << k)) invalid(j);
}

/* The one feature whose name contains the word; -1 if there is none or more than one. */
static int find_feature(const VmafModel *m, const char *word)
{
    int found = -1;
    for (int i = 0; i < m->n_features; i++) {
        if (!strstr(m->feature[i].name, word)) continue;
        if (found >= 0) return -1;
        found = i;
    }
    return found;
}

/* Whether the parts agree, and the model from them. 0, -EINVAL, -ENOMEM. */
static int assemble(Draft *d)
{
    VmafModel *m = d->model;
    const int n = m->n_features = d->n_names;
    if (!n || (d->n_options && d->n_options != n)) return -EINVAL;
    if (d->linear && (d->n_slopes != n + 1 || d->n_intercepts != n + 1)) return -EINVAL;
    m->slope = d->linear ? d->slope[0] : 1;
    m->intercept = d->linear ? d->intercept[0] : 0;
    if (m->slope == 0) return -EINVAL;
    for (int i = 0; i < n; i++) {
        m->feature[i].slope = d->linear ? d->slope[i + 1] : 1;
        m->feature[i].intercept = d->linear ? d->intercept[i + 1] : 0;
        m->feature[i].options = d->options[i];
        d->options[i] = NULL;
    }
    if (m->chroma) {
        m->adm3 = find_feature(m, "adm3");
        m->speed_chroma = find_feature(m, "speed_chroma");
        if (m->adm3 < 0 || m->speed_chroma < 0) return -EINVAL;
        if (m->feature[m->adm3].slope == 0 || m->feature[m->speed_chroma].slope == 0) return -EINVAL;
    }
    return vp_svm_read(&m->svm, d->svm, n);
}

static void apply_flags(VmafModel *m, bool has_transform, uint64_t flags)
{
    if (flags & VMAF_MODEL_FLAG_DISABLE_CLIP) m->clip = false;
    if (flags & VMAF_MODEL_FLAG_ENABLE_TRANSFORM) m->transform.enabled = has_transform;
    if (flags & VMAF_MODEL_FLAG_DISABLE_TRANSFORM) m->transform.enabled = false;
}

static bool has_key(const Draft *d, const char *key)
{
    for (int k = 0; k < N_READERS; k++)
        if (!strcmp(readers[k].key, key)) return d->seen & 1u << k;
    return false;
}

/* A document of one model. NULL after an error. */
static VmafModel *read_document(VpJson *j, uint64_t flags)
{
    Draft d = {.model = calloc(1, sizeof(*d.model))};
    bool found = false;
    if (!d.model) {
        vp_json_fail(j, -ENOMEM);
        return NULL;
    }
    atomic_init(&d.model->refs, 1);
    vp_json_begin(j, '{');
    while (vp_json_next(j)) {
        char key[KEY_SIZE];
        vp_json_key(j, key, sizeof(key));
        if (strcmp(key, "model_dict")) {
            vp_json_skip(j);
        } else {
            if (found) invalid(j);
            found = true;
            if (!j->error) read_model_dict(j, &d);
        }
    }
    int rc = j->error ? j->error : found ? assemble(&d) : -EINVAL;
    if (!rc) apply_flags(d.model, has_key(&d, "score_transform"), flags);
    for (int i = 0; i < VP_FEATURES_MAX; i++) vmaf_feature_dictionary_free(d.options + i);
    free(d.svm);
    if (!rc) return d.model;
    vp_json_fail(j, rc);
    d.model->n_features = d.n_names;
    vp_model_drop(d.model);
    return NULL;
}

static int check_flags(uint64_t flags)
{
    const uint64_t both = VMAF_MODEL_FLAG_ENABLE_TRANSFORM | VMAF_MODEL_FLAG_DISABLE_TRANSFORM;
    return (flags & ~(both | VMAF_MODEL_FLAG_DISABLE_CLIP)) || (flags & both) == both ? -EINVAL : 0;
}

int vp_model_read(const char *text, size_t n, uint64_t flags, VmafModel **model)
{
    if (check_flags(flags)) return -EINVAL;
    VpJson j;
    vp_json_init(&j, text, n);
    VmafModel *m = read_document(&j, flags);
    const int rc = vp_json_end(&j);
    if (rc) {
        vp_model_drop(m);
        return rc;
    }
    *model = m;
    return 0;
}

int vp_models_read(const char *text, size_t n, uint64_t flags, VmafModel ***models, int *n_models)
{
    if (check_flags(flags)) return -EINVAL;
    VmafModel **all = NULL;
    int count = 0;
    VpJson j;
    vp_json_init(&j, text, n);
    vp_json_begin(&j, '{');
    while (vp_json_next(&j)) {
        char key[KEY_SIZE], number[KEY_SIZE];
        snprintf(number, sizeof(number), "%d", count);
        vp_json_key(&j, key, sizeof(key));
        if (strcmp(key, number)) {
            vp_json_skip(&j);
            continue;
        }
        VmafModel **more = count < VP_MODELS_MAX ? realloc(all, (size_t)(count + 1) * sizeof(VmafModel *)) : NULL;
        if (!more) {
            vp_json_fail(&j, count < VP_MODELS_MAX ? -ENOMEM : -EINVAL);
            break;
        }
        all = more;
        all[count] = read_document(&j, flags);
        if (!all[count]) break;
        count++;
    }
    int rc = vp_json_end(&j);
    if (!rc && count < 2) rc = -EINVAL;
    for (int i = 1; i < count && !rc; i++)
        if (!all[i]->bootstrap) rc = -EINVAL;
    if (rc) {
        for (int i = 0; i < count; i++) vp_model_drop(all[i]);
        free(all);
        return rc;
    }
    *models = all;
    *n_models = count;
    return 0;
}
