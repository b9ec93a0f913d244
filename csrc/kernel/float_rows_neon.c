#include "base/cpu.h"

#if defined(VP_ARM64)
#include "kernel/lanes_neon.h"

#include "kernel/float_rows_lanes.h"

/* A lane is a row: four sums grow together, each in its own order. */
static void four_sums(const float *const r[4], int w, float sum[4])
{
    vf s = vf_load(sum);
    int x = 0;
    for (; x + 4 <= w; x += 4) {
        const vf a = vf_load(r[0] + x), b = vf_load(r[1] + x), c = vf_load(r[2] + x), d = vf_load(r[3] + x);
        const float64x2_t ab = vreinterpretq_f64_f32(vtrn1q_f32(a, b)), ab2 = vreinterpretq_f64_f32(vtrn2q_f32(a, b));
        const float64x2_t cd = vreinterpretq_f64_f32(vtrn1q_f32(c, d)), cd2 = vreinterpretq_f64_f32(vtrn2q_f32(c, d));
        s = vf_add(s, vreinterpretq_f32_f64(vtrn1q_f64(ab, cd)));
        s = vf_add(s, vreinterpretq_f32_f64(vtrn1q_f64(ab2, cd2)));
        s = vf_add(s, vreinterpretq_f32_f64(vtrn2q_f64(ab, cd)));
        s = vf_add(s, vreinterpretq_f32_f64(vtrn2q_f64(ab2, cd2)));
    }
    vf_store(sum, s);
    for (int i = 0; i < 4; i++)
        for (int k = x; k < w; k++) sum[i] += r[i][k];
}

static void sums_neon(const float *const *row, int n, int w, float *sum)
{
    for (int first = 0; first < n; first += 4) {
        const float *r[4];
        float total[4];
        for (int i = 0; i < 4; i++) {
            r[i] = row[first + i < n ? first + i : n - 1];
            total[i] = first + i < n ? sum[first + i] : 0;
        }
        four_sums(r, w, total);
        for (int i = 0; i < 4 && first + i < n; i++) sum[first + i] = total[i];
    }
}

void vp_float_rows_init_neon(VpFloatRows *k)
{
    k->load = load_neon;
    k->vertical = vertical_neon;
    k->vertical_block = vertical_block_neon;
    k->horizontal = horizontal_neon;
    k->halve = halve_neon;
    k->distance = distance_neon;
    k->sums = sums_neon;
}
#endif
