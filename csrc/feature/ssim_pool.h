/* What float_ssim and float_ms_ssim have in common. */
#ifndef VP_FEATURE_SSIM_POOL_H
#define VP_FEATURE_SSIM_POOL_H

#include <math.h>
#include <stdbool.h>

#include "base/plane.h"
#include "kernel/ssim.h"

/* The means over w x h positions of the sums of vp_ssim_scale(), in single precision. */
static inline void vp_ssim_means(const double sum[VP_SSIM_SUMS], int w, int h, double mean[VP_SSIM_SUMS])
{
    const double n = (double)w * h;
    for (int i = 0; i < VP_SSIM_SUMS; i++) mean[i] = (double)(float)(sum[i] / n);
}

/* -10 log10(1 - score); with `clip` at most what half a squared sample step on average gives. A score above 1 gives
 * the limit. */
static inline double vp_ssim_db(const VpStream *stream, double score, bool clip)
{
    const double peak = (1 << stream->bpc) - 1, db = -10 * log10(1 - score);
    const double limit =
        clip ? ceil(10 * log10(peak * peak / (0.5 / ((double)stream->w * stream->h)))) : HUGE_VAL;
    return db < limit ? db : limit;
}

#endif
