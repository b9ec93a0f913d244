#include "base/cpu.h"

#if defined(VP_ARM64)
#include "kernel/reals_neon.h"
/* vectors before what uses them */
#include "kernel/ciede_rows.h"
#endif
