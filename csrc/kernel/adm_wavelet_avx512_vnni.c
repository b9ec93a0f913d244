/* Integer ADM: the wavelet with the 16-bit pair multiply-accumulate of VNNI. */
#include "base/cpu.h"

#if defined(VP_X86)
#define LEVEL VP_AVX512_VNNI
#define MULTIPLY_ADD(sum, pairs, taps) _mm512_dpwssd_epi32(sum, pairs, taps)
#define FILL vp_adm_wavelet_avx512_vnni
#include "kernel/adm_wavelet_512.h"
#endif
