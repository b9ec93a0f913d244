/* Between which codes a step of luminance can be seen: what CAMBI knows of the display and the eye. */
#ifndef VP_KERNEL_CAMBI_LIMITS_H
#define VP_KERNEL_CAMBI_LIMITS_H

#include "kernel/cambi.h"

typedef enum { VP_EOTF_BT1886, VP_EOTF_PQ } VpEotf;

/* Luminance of a 10-bit code of limited range, cd/m2: a display of 0.01 to 300 (ITU-R BT.1886), or SMPTE ST 2084. */
double vp_cambi_luminance(VpEotf eotf, int code);

/* The highest code at which a step of `diff` codes is still visible, as a share `threshold` of the luminance: 0 if at
 * none, 1023 if at all. */
int vp_cambi_brightest(VpEotf eotf, int diff, double threshold);
/* The lowest code of at least this luminance, cd/m2; 0 for the lowest of all, VP_CAMBI_CODES if none has it. */
int vp_cambi_darkest(VpEotf eotf, double luminance);

/* Fills a band. n_diffs: 1 to VP_CAMBI_DIFFS; window: odd, at most VP_CAMBI_WINDOW. A band may be empty. */
void vp_cambi_band_init(VpCambiBand *band, VpEotf eotf, double threshold, double luminance, int n_diffs, int window);

#endif
