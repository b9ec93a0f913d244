/* One double at a time: plain C under the names that kernels written once for several vector widths use.
 *
 * VD: doubles, VF: as many floats, VM: a truth value of each. Operators + - * / round each lane as C does. */
#ifndef VP_KERNEL_REALS_H
#define VP_KERNEL_REALS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VP_NAME(stem) stem##_c
#define VP_LEVEL
#define VP_REAL_FN static inline __attribute__((always_inline, unused))

enum { VD_LANES = 1 };
typedef double VD;
typedef float VF;
typedef bool VM;

VP_REAL_FN VD vd_set(double a) { return a; }
VP_REAL_FN VF vf_set(float a) { return a; }
VP_REAL_FN VF vf_load(const float *p) { return *p; }
VP_REAL_FN void vf_store(float *p, VF a) { *p = a; }
VP_REAL_FN VD vd_load(const double *p) { return *p; }
VP_REAL_FN void vd_store(double *p, VD a) { *p = a; }
VP_REAL_FN VD vd_load_u16(const uint16_t *p) { return *p; }
VP_REAL_FN VD vd_widen(VF a) { return (double)a; }
VP_REAL_FN VF vd_round(VD a) { return (float)a; }
VP_REAL_FN VD vd_sqrt(VD a) { return sqrt(a); }
VP_REAL_FN VD vd_abs(VD a) { return fabs(a); }
VP_REAL_FN VM vd_greater(VD a, VD b) { return a > b; }
VP_REAL_FN bool vm_any(VM a) { return a; }
/* m ? a : b */
VP_REAL_FN VD vd_select(VM m, VD a, VD b) { return m ? a : b; }
/* m ? -a : a */
VP_REAL_FN VD vd_negate(VM m, VD a) { return m ? -a : a; }
/* Bits `bit` and above of a double that holds an integer in its lowest bits: is that bit set? */
VP_REAL_FN VM vd_bit(VD a, int bit)
{
    uint64_t u;
    memcpy(&u, &a, sizeof u);
    return u >> bit & 1;
}
/* a * 2^n, the integer n >= -1000 in the lowest bits of `exponent`; a and the result normal. */
VP_REAL_FN VD vd_scale(VD a, VD exponent)
{
    uint64_t u, n;
    memcpy(&u, &a, sizeof u);
    memcpy(&n, &exponent, sizeof n);
    u += n << 52;
    memcpy(&a, &u, sizeof a);
    return a;
}
/* The double with the bits first - (upper 32 bits of a) * factor. */
VP_REAL_FN VD vd_guess(VD a, uint64_t first, uint32_t factor)
{
    uint64_t u;
    memcpy(&u, &a, sizeof u);
    u = first - (u >> 32) * factor;
    memcpy(&a, &u, sizeof a);
    return a;
}

#endif
