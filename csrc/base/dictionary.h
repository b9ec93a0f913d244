/* Option text by option name: VmafFeatureDictionary of the C API. */
#ifndef VP_BASE_DICTIONARY_H
#define VP_BASE_DICTIONARY_H

#include <stddef.h>

#include "vmaf_api.h"

typedef struct VpPair {
    char *key, *value;
} VpPair;

struct VmafFeatureDictionary {
    VpPair *pair;
    size_t n, capacity;
};

/* The value of a key, NULL if absent. d may be NULL. */
const char *vp_dictionary_get(const VmafFeatureDictionary *d, const char *key);
/* Sets every pair of `from` (NULL: none) in *to, which is made if it is NULL. 0 or -ENOMEM; after an error *to may hold
 * part of them. */
int vp_dictionary_merge(VmafFeatureDictionary **to, const VmafFeatureDictionary *from);

#endif
