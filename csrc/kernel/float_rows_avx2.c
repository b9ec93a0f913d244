#include "base/cpu.h"

#if defined(VP_X86)
#include "kernel/lanes_avx2.h"

#include "kernel/float_rows_lanes.h"

/* Columns of eight rows become rows: out[k] holds sample k of each. */
VP_LANE_FN void transpose(vf r[8])
{
    vf t[8];
    for (int i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            r[i + 2 * k] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0x44);
            r[i + 2 * k + 1] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
        t[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
    }
    for (int i = 0; i < 8; i++) r[i] = t[i];
}

/* A lane is a row: eight sums grow together, each in its own order. */
VP_AVX2 static void sums_avx2(const float *const *row, int n, int w, float *sum)
{
    const float *r[8];
    float total[8];
    for (int i = 0; i < 8; i++) {
        r[i] = row[i < n ? i : n - 1];
        total[i] = i < n ? sum[i] : 0;
    }
    vf s = vf_load(total);
    int x = 0;
    for (; x + 8 <= w; x += 8) {
        vf v[8];
        for (int i = 0; i < 8; i++) v[i] = vf_load(r[i] + x);
        transpose(v);
        for (int i = 0; i < 8; i++) s = vf_add(s, v[i]);
    }
    vf_store(total, s);
    for (int i = 0; i < n; i++) {
        for (int k = x; k < w; k++) total[i] += r[i][k];
        sum[i] = total[i];
    }
}

void vp_float_rows_init_avx2(VpFloatRows *k)
{
    k->load = load_avx2;
    k->vertical = vertical_avx2;
    k->vertical_block = vertical_block_avx2;
    k->horizontal = horizontal_avx2;
    k->halve = halve_avx2;
    k->distance = distance_avx2;
    k->sums = sums_avx2;
}
#endif
