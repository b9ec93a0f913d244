/* Integer ADM: what each instruction level puts into the table. Contracts in adm.h; plain C is the definition and
 * fills every entry. */
#ifndef VP_KERNEL_ADM_LEVELS_H
#define VP_KERNEL_ADM_LEVELS_H

#include "kernel/adm.h"

/* The wavelet's taps in units of 2^-15.5. The low-pass ones sum to 46342, the high-pass ones to 0. */
#define VP_ADM_LOW 15826, 27411, 7345, -4240
#define VP_ADM_HIGH -4240, -7345, 27411, -15826

void vp_adm_wavelet_c(VpAdmKernels *k);
void vp_adm_decouple_c(VpAdmKernels *k);
void vp_adm_mask_c(VpAdmKernels *k);

#endif
