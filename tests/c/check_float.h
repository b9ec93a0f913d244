/* Rows of floats as the float features have them, for their checks. */
#ifndef VP_CHECK_FLOAT_H
#define VP_CHECK_FLOAT_H

#include "check.h"

/* n floats between unreadable pages: samples around 0 with a fraction, extremes, one level, small or zero. */
static inline float *vp_check_floats(VpCheck *t, int n)
{
    float *row = vp_check_alloc(t, (size_t)n, sizeof *row);
    const int style = vp_check_range(t, 0, 4);
    const float level = (float)vp_check_range(t, -32768, 32767) / 256;
    for (int i = 0; i < n; i++) {
        const float noise = (float)vp_check_range(t, -32768, 32767) / 256;
        switch (style) {
        case 0: row[i] = noise; break;
        case 1: row[i] = vp_check_range(t, 0, 1) ? 127.99609375f : -128; break;
        case 2: row[i] = level; break;
        case 3: row[i] = noise * 1e-6f; break;
        default: row[i] = vp_check_range(t, 0, 3) ? 0 : noise;
        }
    }
    return row;
}

/* Symmetric taps with the sum 1. */
static inline float *vp_check_taps(VpCheck *t, int taps)
{
    float *tap = vp_check_alloc(t, (size_t)taps, sizeof *tap), sum = 0;
    for (int k = 0; k <= taps / 2; k++) tap[k] = tap[taps - 1 - k] = (float)vp_check_range(t, 1, 1000);
    for (int k = 0; k < taps; k++) sum += tap[k];
    for (int k = 0; k < taps; k++) tap[k] /= sum;
    return tap;
}

#endif
