#include "feature/extractor.h"

extern const VpExtractor vp_extractor_motion, vp_extractor_vif;

/* The search order is libvmaf's: a model's feature belongs to the first extractor that lists it. One extractor a line. */
const VpExtractor *const vp_extractors[] = {
    &vp_extractor_motion,
    &vp_extractor_vif,
    NULL,
};
