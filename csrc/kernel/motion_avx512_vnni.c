#include "base/cpu.h"

#if defined(VP_X86)
#define VP_VEC_VNNI
#include "kernel/vec_avx512.h"
/* vectors before what uses them */
#include "kernel/motion_rows.h"
#endif
