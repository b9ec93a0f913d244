#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/reals_avx512.h"
/* vectors before what uses them */
#include "kernel/ssim_rows.h"
#endif
