#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/lanes_avx512.h"

#include "kernel/float_rows_lanes.h"

/* The sums stay with AVX2: eight rows fill its lanes. */
void vp_float_rows_init_avx512(VpFloatRows *k)
{
    k->load = load_avx512;
    k->vertical = vertical_avx512;
    k->vertical_block = vertical_block_avx512;
    k->horizontal = horizontal_avx512;
    k->halve = halve_avx512;
    k->distance = distance_avx512;
}
#endif
