/* Integer ADM: the wavelet with AVX-512. */
#include "base/cpu.h"

#if defined(VP_X86)
#define LEVEL VP_AVX512
#define MULTIPLY_ADD(sum, pairs, taps) _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, taps))
#define FILL vp_adm_wavelet_avx512
#include "kernel/adm_wavelet_512.h"
#endif
