#include "feature/extractor.h"

extern const VpExtractor vp_extractor_ciede, vp_extractor_float_ansnr, vp_extractor_float_moment;
extern const VpExtractor vp_extractor_float_ms_ssim, vp_extractor_float_psnr, vp_extractor_float_ssim;
extern const VpExtractor vp_extractor_psnr, vp_extractor_psnr_hvs;
extern const VpExtractor vp_extractor_adm, vp_extractor_motion, vp_extractor_vif;
extern const VpExtractor vp_extractor_cambi, vp_extractor_speed_chroma, vp_extractor_speed_temporal;
extern const VpExtractor vp_extractor_float_adm, vp_extractor_float_motion, vp_extractor_float_vif;

/* The search order is libvmaf's: a model's feature belongs to the first extractor that lists it. One extractor a line. */
const VpExtractor *const vp_extractors[] = {
    &vp_extractor_float_psnr,
    &vp_extractor_float_ansnr,
    &vp_extractor_float_adm,
    &vp_extractor_float_vif,
    &vp_extractor_float_motion,
    &vp_extractor_float_moment,
    &vp_extractor_speed_chroma,
    &vp_extractor_speed_temporal,
    &vp_extractor_float_ms_ssim,
    &vp_extractor_float_ssim,
    &vp_extractor_ciede,
    &vp_extractor_psnr,
    &vp_extractor_psnr_hvs,
    &vp_extractor_adm,
    &vp_extractor_motion,
    &vp_extractor_vif,
    &vp_extractor_cambi,
    NULL,
};
