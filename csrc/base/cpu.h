/* Instruction levels of the machine. Flags travel as arguments: no global decides what runs. */
#ifndef VP_BASE_CPU_H
#define VP_BASE_CPU_H

#include <stdint.h>

enum {
    VP_CPU_AVX2 = 1 << 0,        /* with FMA3 and BMI present, but fused multiply-add is never used */
    VP_CPU_AVX512 = 1 << 1,      /* F, BW, CD, DQ, VL */
    VP_CPU_AVX512_VNNI = 1 << 2, /* Ice Lake: the above with VNNI, VBMI, VBMI2, BITALG, VPOPCNTDQ */
    VP_CPU_NEON = 1 << 3,
};

/* What the processor offers and the operating system saves. */
unsigned vp_cpu_detect(void);
/* The flags left when the bits of VmafConfiguration.cpumask are taken away; a lower level takes the higher with it. */
unsigned vp_cpu_mask(unsigned cpu, uint64_t cpumask);

#if defined(__x86_64__) || defined(__i386__)
#define VP_X86 1
#define VP_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define VP_AVX512 __attribute__((target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))
#define VP_AVX512_VNNI                                                                                              \
    __attribute__((target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vnni,"      \
                          "avx512vbmi,avx512vbmi2,avx512bitalg,avx512vpopcntdq")))
#endif
#if defined(__aarch64__)
#define VP_ARM64 1
#endif

#endif
