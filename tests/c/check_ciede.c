#include "check.h"
#include "kernel/ciede.h"

/* Samples of one picture: anything, or grey. */
static void draw(VpCheck *t, int n, int bits, const uint16_t *plane[3])
{
    for (int p = 0; p < 3; p++) plane[p] = vp_check_u16(t, n, bits, VP_CHECK_ANY);
    if (vp_check_range(t, 0, 3)) return;
    for (int p = 1; p < 3; p++) {
        uint16_t *const grey = vp_check_u16(t, n, bits, VP_CHECK_FLAT);
        for (int i = 0; i < n; i++) grey[i] = (uint16_t)(1 << (bits - 1));
        plane[p] = grey;
    }
}

void vp_check_family(VpCheck *t)
{
    static const int depths[] = {8, 10, 12, 16};
    VpCiedeKernels ref, got;
    vp_ciede_kernels_init(&ref, 0);
    vp_ciede_kernels_init(&got, t->cpu);
    for (int i = 0; i < 4; i++)
        for (int n = 1; n <= 300; n++) {
            const int bpc = depths[i], size = vp_ciede_padded(n);
            const uint16_t *r[3], *d[3];
            draw(t, size, bpc, r);
            draw(t, size, bpc, d);
            if (n % 4 == 0) /* close colours */
                for (int p = 0; p < 3; p++) {
                    uint16_t *const near = vp_check_alloc(t, (size_t)size, sizeof *near);
                    for (int x = 0; x < size; x++) near[x] = (uint16_t)(r[p][x] ^ vp_check_range(t, 0, 3));
                    d[p] = near;
                }
            double a = 0.25, b = 0.25;
            ref.row(r, d, bpc, n, &a);
            got.row(r, d, bpc, n, &b);
            vp_check_bytes(t, &a, &b, sizeof a, "row bpc=%d n=%d", bpc, n);
            vp_check_free(t);
        }
}

typedef struct Bench {
    VpCiedeKernels k;
    const uint16_t *r[3], *d[3];
} Bench;

static void call(void *arg)
{
    Bench *const b = arg;
    double sum = 0;
    b->k.row(b->r, b->d, 8, 1920, &sum);
}

void vp_bench_family(VpCheck *t)
{
    Bench b;
    vp_ciede_kernels_init(&b.k, t->cpu);
    for (int p = 0; p < 3; p++) {
        b.r[p] = vp_check_u16(t, 1920, 8, VP_CHECK_NOISE);
        b.d[p] = vp_check_u16(t, 1920, 8, VP_CHECK_NOISE);
    }
    vp_bench(t, "ciede/row", "n=1920", call, &b);
    vp_check_free(t);
}
