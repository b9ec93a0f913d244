#include "base/cpu.h"

unsigned vp_cpu_detect(void)
{
    unsigned cpu = 0;
#if defined(VP_X86)
    /* the compiler's own check reads CPUID and XGETBV, so a level whose registers the system does not save is absent */
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt"))
        cpu |= VP_CPU_AVX2;
    if ((cpu & VP_CPU_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        cpu |= VP_CPU_AVX512;
    if ((cpu & VP_CPU_AVX512) && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bitalg") &&
        __builtin_cpu_supports("avx512vpopcntdq"))
        cpu |= VP_CPU_AVX512_VNNI;
#elif defined(VP_ARM64)
    cpu |= VP_CPU_NEON; /* part of the base instruction set */
#endif
    return cpu;
}

unsigned vp_cpu_mask(unsigned cpu, uint64_t cpumask)
{
    if (cpumask & 1) return 0;
    if (cpumask & (2 | 4 | 8)) cpu &= ~(unsigned)(VP_CPU_AVX2 | VP_CPU_AVX512 | VP_CPU_AVX512_VNNI);
    if (cpumask & 16) cpu &= ~(unsigned)(VP_CPU_AVX512 | VP_CPU_AVX512_VNNI);
    if (cpumask & 32) cpu &= ~(unsigned)VP_CPU_AVX512_VNNI;
    return cpu;
}
