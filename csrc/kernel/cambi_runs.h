/* Runs of one code among 32 samples, as bits: what vector kernels move through. */
#ifndef VP_KERNEL_CAMBI_RUNS_H
#define VP_KERNEL_CAMBI_RUNS_H

#include <stdint.h>

enum { VP_CAMBI_CHUNK = 32 };

typedef struct VpCambiRuns {
    uint32_t starts;    /* of runs that were not taken yet */
    uint64_t continued; /* samples that belong to the run of the one before */
} VpCambiRuns;

/* The samples that exist among the n left. */
static inline uint32_t vp_cambi_valid(int n)
{
    return n < VP_CAMBI_CHUNK ? (1u << n) - 1 : ~0u;
}

/* same: samples with the code of the next one */
static inline VpCambiRuns vp_cambi_find_runs(uint32_t active, uint32_t same)
{
    const uint32_t continued = active & ((active & same) << 1);
    return (VpCambiRuns){active & ~continued, continued};
}

/* Takes the first run off: where it starts; its length. There is one. */
static inline int vp_cambi_next_run(VpCambiRuns *runs, int *length)
{
    const int start = __builtin_ctz(runs->starts);
    runs->starts &= runs->starts - 1;
    *length = 1 + __builtin_ctzll(~(runs->continued >> (start + 1)));
    return start;
}

#endif
