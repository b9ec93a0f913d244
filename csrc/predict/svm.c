#include "predict/svm.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

enum { DEGREE_MAX = 64 };

/* A position in the text. Words are separated by blanks and end with their line. */
typedef struct {
    const char *at;
} Text;

static size_t next_word(Text *t, const char **word)
{
    t->at += strspn(t->at, " \t\r");
    *word = t->at;
    const size_t n = strcspn(t->at, " \t\r\n");
    t->at += n;
    return n;
}

static bool is_word(const char *word, size_t n, const char *text)
{
    return n == strlen(text) && !memcmp(word, text, n);
}

static int read_number(Text *t, double *out)
{
    const char *word;
    const size_t n = next_word(t, &word);
    return vp_number_parse(word, n, out);
}

static int read_int(Text *t, int min, int max, int *out)
{
    double value;
    const int rc = read_number(t, &value);
    if (rc) return rc;
    if (value < min || value > max || value != floor(value)) return -EINVAL;
    *out = (int)value;
    return 0;
}

/* Which of the words is next; -EINVAL: none of them. */
static int read_choice(Text *t, const char *const *words)
{
    const char *word;
    const size_t n = next_word(t, &word);
    for (int i = 0; words[i]; i++)
        if (is_word(word, n, words[i])) return i;
    return -EINVAL;
}

static int end_line(Text *t)
{
    t->at += strspn(t->at, " \t\r");
    if (*t->at == '\0') return 0;
    if (*t->at != '\n') return -EINVAL;
    t->at++;
    return 0;
}

static int read_header(VpSvm *svm, Text *t)
{
    static const char *const types[] = {"nu_svr", "epsilon_svr", NULL};
    static const char *const kernels[] = {"linear", "polynomial", "rbf", "sigmoid", NULL};
    bool has_type = false, has_kernel = false, has_gamma = false, has_rho = false;
    int n_classes, rc = 0;
    svm->degree = 3; /* libsvm's default */
    while (!rc) {
        const char *key;
        const size_t n = next_word(t, &key);
        if (is_word(key, n, "SV")) break;
        if (is_word(key, n, "svm_type")) {
            rc = read_choice(t, types);
            has_type = rc >= 0;
        } else if (is_word(key, n, "kernel_type")) {
            rc = read_choice(t, kernels);
            if (rc >= 0) svm->kernel = (VpKernel)rc;
            has_kernel = rc >= 0;
        } else if (is_word(key, n, "degree")) {
            rc = read_int(t, 0, DEGREE_MAX, &svm->degree);
        } else if (is_word(key, n, "gamma")) {
            rc = read_number(t, &svm->gamma);
            has_gamma = true;
        } else if (is_word(key, n, "coef0")) {
            rc = read_number(t, &svm->coef0);
        } else if (is_word(key, n, "nr_class")) {
            rc = read_int(t, 2, 2, &n_classes);
        } else if (is_word(key, n, "total_sv")) {
            rc = read_int(t, 1, 1 << 24, &svm->n_vectors);
        } else if (is_word(key, n, "rho")) {
            rc = read_number(t, &svm->rho);
            has_rho = true;
        } else if (is_word(key, n, "probA") || is_word(key, n, "probB")) {
            double unused;
            rc = read_number(t, &unused);
        } else {
            return -EINVAL; /* label and nr_sv belong to classifiers */
        }
        if (rc >= 0) rc = end_line(t);
    }
    if (rc) return rc;
    const bool needs_gamma = svm->kernel != VP_KERNEL_LINEAR;
    if (!has_type || !has_kernel || !has_rho || !svm->n_vectors || (needs_gamma && !has_gamma)) return -EINVAL;
    return end_line(t);
}

/* Bounds of what the rest of the text can hold: each vector has a line, each entry a colon. */
static void count(const char *text, size_t *lines, size_t *entries)
{
    *lines = 1;
    *entries = 0;
    for (; *text; text++) {
        *lines += *text == '\n';
        *entries += *text == ':';
    }
}

/* One entry "index:value" after input `last`. 1, or 0 at the end of the line. */
static int read_entry(VpSvm *svm, Text *t, size_t k, int last)
{
    const char *word;
    double index;
    const size_t n = next_word(t, &word);
    if (!n) return 0;
    const char *colon = memchr(word, ':', n);
    if (!colon) return -EINVAL;
    int rc = vp_number_parse(word, (size_t)(colon - word), &index);
    if (!rc) rc = vp_number_parse(colon + 1, (size_t)(word + n - colon - 1), svm->value + k);
    if (rc) return rc;
    if (index != floor(index) || index < last + 2 || index > svm->n_inputs) return -EINVAL;
    svm->input[k] = (int)index - 1;
    return 1;
}

static int read_vectors(VpSvm *svm, Text *t)
{
    size_t lines, entries, k = 0;
    count(t->at, &lines, &entries);
    if ((size_t)svm->n_vectors > lines) return -EINVAL;
    svm->coefficient = calloc((size_t)svm->n_vectors, sizeof(*svm->coefficient));
    svm->first = calloc((size_t)svm->n_vectors + 1, sizeof(*svm->first));
    svm->input = calloc(entries + 1, sizeof(*svm->input));
    svm->value = calloc(entries + 1, sizeof(*svm->value));
    if (!svm->coefficient || !svm->first || !svm->input || !svm->value) return -ENOMEM;
    for (int v = 0; v < svm->n_vectors; v++) {
        int rc = read_number(t, svm->coefficient + v), last = -1;
        while (!rc && (rc = read_entry(svm, t, k, last)) > 0) {
            last = svm->input[k++];
            rc = 0;
        }
        if (!rc) rc = end_line(t);
        if (rc) return rc;
        svm->first[v + 1] = k;
    }
    t->at += strspn(t->at, " \t\r\n");
    return *t->at ? -EINVAL : 0;
}

int vp_svm_read(VpSvm *svm, const char *text, int n_inputs)
{
    *svm = (VpSvm){.n_inputs = n_inputs};
    Text t = {text};
    int rc = read_header(svm, &t);
    if (!rc) rc = read_vectors(svm, &t);
    if (rc) vp_svm_free(svm);
    return rc;
}

void vp_svm_free(VpSvm *svm)
{
    free(svm->coefficient);
    free(svm->first);
    free(svm->input);
    free(svm->value);
    *svm = (VpSvm){0};
}

static double squared_distance(const VpSvm *svm, int v, const double *x)
{
    double sum = 0;
    size_t k = svm->first[v];
    for (int i = 0; i < svm->n_inputs; i++) {
        const bool given = k < svm->first[v + 1] && svm->input[k] == i;
        const double d = given ? x[i] - svm->value[k++] : x[i];
        sum += d * d;
    }
    return sum;
}

static double dot(const VpSvm *svm, int v, const double *x)
{
    double sum = 0;
    for (size_t k = svm->first[v]; k < svm->first[v + 1]; k++) sum += x[svm->input[k]] * svm->value[k];
    return sum;
}

static double power(double base, int exponent)
{
    double result = 1;
    for (; exponent; exponent /= 2, base *= base)
        if (exponent % 2) result *= base;
    return result;
}

static double kernel(const VpSvm *svm, int v, const double *x)
{
    switch (svm->kernel) {
    case VP_KERNEL_LINEAR: return dot(svm, v, x);
    case VP_KERNEL_POLYNOMIAL: return power(svm->gamma * dot(svm, v, x) + svm->coef0, svm->degree);
    case VP_KERNEL_RBF: return exp(-svm->gamma * squared_distance(svm, v, x));
    case VP_KERNEL_SIGMOID: return tanh(svm->gamma * dot(svm, v, x) + svm->coef0);
    }
    return 0;
}

double vp_svm_predict(const VpSvm *svm, const double *x)
{
    double sum = 0;
    for (int v = 0; v < svm->n_vectors; v++) sum += svm->coefficient[v] * kernel(svm, v, x);
    return sum - svm->rho;
}
