#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/lanes_avx512.h"

#include "kernel/psnr_hvs_deal_x86.h"
/* vectors before what uses them */
#include "kernel/psnr_hvs_rows.h"
#endif
