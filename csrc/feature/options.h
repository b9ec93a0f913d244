/* From option text to option structs, and from option structs to score names. */
#ifndef VP_FEATURE_OPTIONS_H
#define VP_FEATURE_OPTIONS_H

#include "base/dictionary.h"
#include "feature/extractor.h"

enum { VP_NAME_SIZE = 256 }; /* of a score name, with its end */

/* A new options struct: defaults, then the dictionary (NULL: none). 0; -EINVAL for an unknown option, text that is no
 * value of its type, or a value outside its range; -ENOMEM. Release with free(). */
int vp_options_parse(const VpExtractor *extractor, const VmafFeatureDictionary *dict, void **options);

/* Whether two options structs of an extractor say the same. */
bool vp_options_equal(const VpExtractor *extractor, const void *a, const void *b);

/* What the options that differ from their defaults add to score names, "" if none does: two registrations with equal
 * suffixes give the same scores. 0, -ENOSPC or -ENOMEM. */
int vp_options_suffix(const VpExtractor *extractor, const void *options, char *suffix, size_t size);

/* The name under which scores of an output are stored. 0 or -ENOSPC. */
int vp_score_name(const VpOutput *output, const char *suffix, char *name, size_t size);

#endif
