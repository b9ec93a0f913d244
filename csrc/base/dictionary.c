#include "base/dictionary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static VpPair *find(const VmafFeatureDictionary *d, const char *key)
{
    for (size_t i = 0; d && i < d->n; i++)
        if (!strcmp(d->pair[i].key, key)) return d->pair + i;
    return NULL;
}

const char *vp_dictionary_get(const VmafFeatureDictionary *d, const char *key)
{
    const VpPair *pair = find(d, key);
    return pair ? pair->value : NULL;
}

int vmaf_feature_dictionary_set(VmafFeatureDictionary **dict, const char *key, const char *val)
{
    if (!dict || !key || !val) return -EINVAL;
    VmafFeatureDictionary *fresh = NULL;
    char *key_copy = NULL, *value = vp_copy_text(val);
    if (!value) goto fail;
    VpPair *old = find(*dict, key);
    if (old) {
        free(old->value);
        old->value = value;
        return 0;
    }
    key_copy = vp_copy_text(key);
    if (!key_copy) goto fail;
    VmafFeatureDictionary *d = *dict;
    if (!d) d = fresh = calloc(1, sizeof(*d));
    if (!d) goto fail;
    if (d->n == d->capacity) {
        const size_t capacity = d->capacity ? 2 * d->capacity : 4;
        VpPair *pair = realloc(d->pair, capacity * sizeof(*pair));
        if (!pair) goto fail;
        d->pair = pair;
        d->capacity = capacity;
    }
    d->pair[d->n++] = (VpPair){key_copy, value};
    *dict = d;
    return 0;
fail:
    free(fresh);
    free(key_copy);
    free(value);
    return -ENOMEM;
}

int vmaf_feature_dictionary_free(VmafFeatureDictionary **dict)
{
    if (!dict) return -EINVAL;
    VmafFeatureDictionary *d = *dict;
    for (size_t i = 0; d && i < d->n; i++) {
        free(d->pair[i].key);
        free(d->pair[i].value);
    }
    if (d) free(d->pair);
    free(d);
    *dict = NULL;
    return 0;
}

int vp_dictionary_merge(VmafFeatureDictionary **to, const VmafFeatureDictionary *from)
{
    for (size_t i = 0; from && i < from->n; i++) {
        const int rc = vmaf_feature_dictionary_set(to, from->pair[i].key, from->pair[i].value);
        if (rc) return rc;
    }
    return 0;
}
