/* Decibels of the PSNR family. */
#ifndef VP_FEATURE_PSNR_COMMON_H
#define VP_FEATURE_PSNR_COMMON_H

#include <math.h>

/* 10 log10(peak2 / max(mse, least)), at most cap. */
static inline double vp_psnr_db(double peak2, double mse, double least, double cap)
{
    const double db = 10 * log10(peak2 / (mse > least ? mse : least));
    return db < cap ? db : cap;
}

/* The cap of all of them where options do not say otherwise: 60, 72, 84, 108 dB for 8, 10, 12, 16 bits. */
static inline double vp_psnr_cap(int bpc)
{
    return 6 * bpc + 12;
}

/* Peak of the scale of float features: 255 to 255.996. */
static inline double vp_psnr_float_peak(int bpc)
{
    return ((1 << bpc) - 1) / (double)(1 << (bpc - 8));
}

#endif
