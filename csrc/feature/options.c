#include "feature/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static const VpOption *find_option(const VpExtractor *extractor, const char *name)
{
    for (const VpOption *o = extractor->options; o && o->name; o++)
        if (!strcmp(o->name, name)) return o;
    return NULL;
}

static void set_default(const VpOption *o, char *at)
{
    switch (o->type) {
    case VP_BOOL: *(bool *)at = o->def != 0; break;
    case VP_INT: *(int *)at = (int)o->def; break;
    case VP_DOUBLE: *(double *)at = o->def; break;
    case VP_STRING:
        if (o->def_string) snprintf(at, VP_STRING_SIZE, "%s", o->def_string);
        break;
    }
}

static int set_text(const VpOption *o, char *at, const char *text)
{
    double value;
    int rc;
    switch (o->type) {
    case VP_BOOL:
        if (strcmp(text, "true") && strcmp(text, "false")) return -EINVAL;
        *(bool *)at = text[0] == 't';
        return 0;
    case VP_INT:
        rc = vp_number_parse(text, strlen(text), &value);
        if (rc) return rc;
        if (value < o->min || value > o->max || value != floor(value)) return -EINVAL;
        *(int *)at = (int)value;
        return 0;
    case VP_DOUBLE:
        rc = vp_number_parse_option(text, &value);
        if (rc) return rc;
        if (value < o->min || value > o->max) return -EINVAL;
        *(double *)at = value;
        return 0;
    case VP_STRING: {
        bool allowed = !o->allowed;
        for (const char *const *a = o->allowed; a && *a; a++) allowed = allowed || !strcmp(*a, text);
        if (!allowed || strlen(text) >= VP_STRING_SIZE) return -EINVAL;
        strcpy(at, text);
        return 0;
    }
    }
    return -EINVAL;
}

int vp_options_parse(const VpExtractor *extractor, const VmafFeatureDictionary *dict, void **options)
{
    char *s = calloc(1, extractor->options_size ? extractor->options_size : 1);
    if (!s) return -ENOMEM;
    for (const VpOption *o = extractor->options; o && o->name; o++) set_default(o, s + o->offset);
    int rc = 0;
    for (size_t i = 0; dict && i < dict->n && !rc; i++) {
        const VpOption *o = find_option(extractor, dict->pair[i].key);
        rc = o ? set_text(o, s + o->offset, dict->pair[i].value) : -EINVAL;
    }
    if (rc) {
        free(s);
        return rc;
    }
    *options = s;
    return 0;
}

bool vp_options_equal(const VpExtractor *extractor, const void *a, const void *b)
{
    bool equal = true;
    for (const VpOption *o = extractor->options; o && o->name && equal; o++) {
        const char *x = (const char *)a + o->offset, *y = (const char *)b + o->offset;
        switch (o->type) {
        case VP_BOOL: equal = *(const bool *)x == *(const bool *)y; break;
        case VP_INT: equal = *(const int *)x == *(const int *)y; break;
        case VP_DOUBLE: equal = *(const double *)x == *(const double *)y; break;
        case VP_STRING: equal = !strcmp(x, y); break;
        }
    }
    return equal;
}

static bool is_default(const VpOption *o, const char *at)
{
    switch (o->type) {
    case VP_BOOL: return *(const bool *)at == (o->def != 0);
    case VP_INT: return *(const int *)at == (int)o->def;
    case VP_DOUBLE: return *(const double *)at == o->def;
    case VP_STRING: return !strcmp(at, o->def_string ? o->def_string : "");
    }
    return true;
}

/* The next option in byte order of names after `last` (NULL: the first) that names a score. */
static const VpOption *next_tagged(const VpExtractor *extractor, const VpOption *last)
{
    const VpOption *next = NULL;
    for (const VpOption *o = extractor->options; o && o->name; o++)
        if (o->tag && (!last || strcmp(o->name, last->name) > 0) && (!next || strcmp(o->name, next->name) < 0))
            next = o;
    return next;
}

int vp_options_suffix(const VpExtractor *extractor, const void *options, char *suffix, size_t size)
{
    size_t used = 0;
    if (!size) return -ENOSPC;
    suffix[0] = '\0';
    for (const VpOption *o = next_tagged(extractor, NULL); o; o = next_tagged(extractor, o)) {
        const char *at = (const char *)options + o->offset;
        char value[VP_STRING_SIZE] = "";
        if (is_default(o, at)) continue;
        if (o->type == VP_INT) snprintf(value, sizeof(value), "_%d", *(const int *)at);
        if (o->type == VP_STRING) snprintf(value, sizeof(value), "_%.*s", VP_STRING_SIZE - 2, at);
        if (o->type == VP_DOUBLE) {
            value[0] = '_';
            const int rc = vp_number_print(value + 1, sizeof(value) - 1, *(const double *)at);
            if (rc) return rc;
        }
        const int n = snprintf(suffix + used, size - used, "_%s%s", o->tag, value);
        if (n < 0 || (size_t)n >= size - used) return -ENOSPC;
        used += (size_t)n;
    }
    return 0;
}

int vp_score_name(const VpOutput *output, const char *suffix, char *name, size_t size)
{
    const bool bare = !suffix[0] || (output->flags & VP_OUT_BARE);
    const char *stem = !bare && output->alias ? output->alias : output->name;
    const int n = snprintf(name, size, "%s%s", stem, bare ? "" : suffix);
    return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}
