#include "check.h"
#include "kernel/psnr_hvs.h"

enum { ROWS = VP_HVS_SIZE };

/* Rows that end where the last block ends, before an unreadable page if they are the last. */
static void check_group(VpCheck *t, const VpHvsKernels *ref, const VpHvsKernels *got, const VpHvsTable *table, int bits,
                        int blocks)
{
    const int w = blocks * VP_HVS_STEP + 1, n = w * ROWS;
    VpHvsSum a = {.total = 0.5f}, b = a;
    for (int i = 0; i < VP_HVS_COEFFICIENTS * VP_HVS_GROUP; i++)
        a.waiting[i] = b.waiting[i] = (float)vp_check_range(t, 0, 65535) / 64;
    if (bits == 8) {
        const uint8_t *const r = vp_check_u8(t, n, bits, VP_CHECK_ANY);
        uint8_t *d = vp_check_u8(t, n, bits, VP_CHECK_ANY);
        if (vp_check_range(t, 0, 1)) /* a small difference, to be masked */
            for (int i = 0; i < n; i++) d[i] = (uint8_t)(r[i] ^ vp_check_range(t, 0, 7));
        ref->group8(table, r, w, d, w, blocks, &a);
        got->group8(table, r, w, d, w, blocks, &b);
    } else {
        const uint16_t *const r = vp_check_u16(t, n, bits, VP_CHECK_ANY);
        uint16_t *d = vp_check_u16(t, n, bits, VP_CHECK_ANY);
        if (vp_check_range(t, 0, 1))
            for (int i = 0; i < n; i++) d[i] = (uint16_t)(r[i] ^ vp_check_range(t, 0, 15));
        ref->group16(table, r, 2 * w, d, 2 * w, blocks, &a);
        got->group16(table, r, 2 * w, d, 2 * w, blocks, &b);
    }
    const float want = vp_hvs_total(&a), sum = vp_hvs_total(&b);
    vp_check_bytes(t, &want, &sum, sizeof sum, "group bits=%d blocks=%d", bits, blocks);
    vp_check_free(t);
}

void vp_check_family(VpCheck *t)
{
    static const int depths[] = {8, 10, 11, 12, 16};
    VpHvsKernels ref, got;
    vp_hvs_kernels_init(&ref, 0);
    vp_hvs_kernels_init(&got, t->cpu);
    for (int plane = 0; plane < 3; plane++) {
        VpHvsTable table;
        vp_hvs_table(plane, &table);
        for (int i = 0; i < 5; i++)
            for (int blocks = 1; blocks <= VP_HVS_GROUP; blocks++)
                for (int k = 0; k < 12; k++) check_group(t, &ref, &got, &table, depths[i], blocks);
    }
}

typedef struct Bench {
    VpHvsKernels k;
    VpHvsTable table;
    int w;
    const void *r, *d;
    VpHvsSum sum;
} Bench;

static void call8(void *arg)
{
    Bench *const b = arg;
    b->sum.total = 0;
    b->k.group8(&b->table, b->r, b->w, b->d, b->w, VP_HVS_GROUP, &b->sum);
}

static void call16(void *arg)
{
    Bench *const b = arg;
    b->sum.total = 0;
    b->k.group16(&b->table, b->r, 2 * b->w, b->d, 2 * b->w, VP_HVS_GROUP, &b->sum);
}

void vp_bench_family(VpCheck *t)
{
    Bench b = {.w = VP_HVS_GROUP * VP_HVS_STEP + 1};
    vp_hvs_kernels_init(&b.k, t->cpu);
    vp_hvs_table(0, &b.table);
    const int n = b.w * ROWS;
    b.r = vp_check_u8(t, n, 8, VP_CHECK_NOISE);
    b.d = vp_check_u8(t, n, 8, VP_CHECK_NOISE);
    vp_bench(t, "psnr_hvs/group8", "16 blocks", call8, &b);
    b.r = vp_check_u16(t, n, 10, VP_CHECK_NOISE);
    b.d = vp_check_u16(t, n, 10, VP_CHECK_NOISE);
    vp_bench(t, "psnr_hvs/group16", "16 blocks of 10 bits", call16, &b);
    vp_check_free(t);
}
