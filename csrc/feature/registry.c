#include "feature/extractor.h"

extern const VpExtractor vp_extractor_adm, vp_extractor_motion, vp_extractor_vif;
extern const VpExtractor vp_extractor_float_adm, vp_extractor_float_motion, vp_extractor_float_vif;

/* The search order is libvmaf's: a model's feature belongs to the first extractor that lists it. One extractor a line. */
const VpExtractor *const vp_extractors[] = {
    &vp_extractor_float_adm,
    &vp_extractor_float_vif,
    &vp_extractor_float_motion,
    &vp_extractor_adm,
    &vp_extractor_motion,
    &vp_extractor_vif,
    NULL,
};
