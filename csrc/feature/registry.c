#include "feature/extractor.h"

/* The search order is libvmaf's: a model's feature belongs to the first extractor that lists it. One extractor a line. */
const VpExtractor *const vp_extractors[] = {
    NULL,
};
