#include "base/cpu.h"
#include "kernel/speed_levels.h"

/* vectors of the base instruction set: SSE2, NEON */
#define VP_LEVEL
#define VP_VECTOR 16
#include "kernel/speed_loops.h"

/* 2 / ((2 i + 1) ln 2) */
const double vp_speed_log2_series[VP_SPEED_LOG2_TERMS] = {
    0x1.71547652b82fep+1, 0x1.ec709dc3a03fdp-1, 0x1.2776c50ef9bfep-1, 0x1.a61762a7aded9p-2, 0x1.484b13d7c02a9p-2,
    0x1.0c9a84994022dp-2, 0x1.c68f568d31760p-3, 0x1.89f3b1694cffep-3, 0x1.5b9ac9b743f0dp-3, 0x1.3703c1f4d0ffep-3,
    0x1.1964ec6fc9491p-3,
};
const double vp_speed_log2_2pie = 4.094191170361282;

double vp_speed_log2(double x)
{
    if (!(x >= DBL_MIN && x <= DBL_MAX)) return log2(x);
    double lanes[LANES], out[LANES];
    for (int l = 0; l < LANES; l++) lanes[l] = x;
    log2_lanes(lanes, out);
    return out[0];
}

void vp_speed_kernels_init(VpSpeedKernels *k, unsigned cpu)
{
    *k = level_kernels;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) vp_speed_kernels_avx2(k);
    if (cpu & VP_CPU_AVX512) vp_speed_kernels_avx512(k);
#endif
    (void)cpu;
}
