#include <string.h>

#include "check.h"
#include "kernel/motion.h"

enum { ROW = 2 * VP_MOTION_RADIUS + VP_MOTION_PAD };

static void check_diff(VpCheck *t, const VpMotionKernels *ref, const VpMotionKernels *got)
{
    for (int w = 3; w <= 140; w++) {
        const size_t n = (size_t)w + ROW;
        for (int equal = 0; equal <= 1; equal++) {
            int16_t *const a = vp_check_alloc(t, n, sizeof *a), *const b = vp_check_alloc(t, n, sizeof *b);
            const uint8_t *const p8 = vp_check_u8(t, w, 8, VP_CHECK_ANY);
            uint8_t *const c8 = vp_check_u8(t, w, 8, VP_CHECK_ANY);
            if (equal) memcpy(c8, p8, (size_t)w);
            if (equal && w % 2) c8[vp_check_range(t, 0, w - 1)] ^= 1; /* one sample differs */
            vp_check_u64(t, ref->diff8(p8, c8, w, a), got->diff8(p8, c8, w, b), "diff8 w=%d", w);
            vp_check_bytes(t, a + VP_MOTION_RADIUS, b + VP_MOTION_RADIUS, (size_t)w * 2, "diff8 w=%d", w);

            const int bits = vp_check_range(t, 9, 14);
            const uint16_t *const p16 = vp_check_u16(t, w, bits, VP_CHECK_ANY);
            uint16_t *const c16 = vp_check_u16(t, w, bits, VP_CHECK_ANY);
            if (equal) memcpy(c16, p16, (size_t)w * 2);
            if (equal && w % 2) c16[vp_check_range(t, 0, w - 1)] ^= 1;
            vp_check_u64(t, ref->diff16(p16, c16, w, a), got->diff16(p16, c16, w, b), "diff16 w=%d", w);
            vp_check_bytes(t, a + VP_MOTION_RADIUS, b + VP_MOTION_RADIUS, (size_t)w * 2, "diff16 w=%d", w);
            vp_check_free(t);
        }
    }
}

/* Differences of samples with `bpc` bits. */
static int16_t *differences(VpCheck *t, int n, int bpc)
{
    int16_t *const d = vp_check_alloc(t, (size_t)n, sizeof *d);
    const int top = (1 << bpc) - 1, style = vp_check_range(t, 0, 3), sign = vp_check_range(t, 0, 1) ? 1 : -1;
    for (int i = 0; i < n; i++) {
        const int extreme = vp_check_range(t, 0, 1) ? top : -top;
        d[i] = (int16_t)(style == 0   ? vp_check_range(t, -top, top)
                         : style == 1 ? extreme
                         : style == 2 ? sign * (top - vp_check_range(t, 0, 1))
                                      : vp_check_range(t, -1, 1));
    }
    return d;
}

static void check_row(VpCheck *t, const VpMotionKernels *ref, const VpMotionKernels *got)
{
    for (int bpc = 8; bpc <= 14; bpc++) {
        for (int w = 3; w <= 140; w++) {
            const void *d[VP_MOTION_TAPS];
            for (int k = 0; k < VP_MOTION_TAPS; k++) d[k] = differences(t, w + ROW, bpc);
            int32_t *const work = vp_check_alloc(t, (size_t)w + ROW, sizeof *work);
            const uint64_t want = ref->row(d, w, bpc, work);
            vp_check_u64(t, want, got->row(d, w, bpc, work), "row bpc=%d w=%d", bpc, w);
            vp_check_free(t);
        }
    }
}

/* The largest sums a row can have: 32 bits hold no more than 65537 of them. */
static void check_long_row(VpCheck *t, const VpMotionKernels *ref, const VpMotionKernels *got)
{
    const int w = 200000;
    const void *d[VP_MOTION_TAPS];
    for (int k = 0; k < VP_MOTION_TAPS; k++) {
        int16_t *const row = vp_check_alloc(t, (size_t)w + ROW, sizeof *row);
        for (int i = 0; i < w + ROW; i++) row[i] = -16383;
        d[k] = row;
    }
    int32_t *const work = vp_check_alloc(t, (size_t)w + ROW, sizeof *work);
    vp_check_u64(t, ref->row(d, w, 14, work), got->row(d, w, 14, work), "row w=%d", w);
    vp_check_free(t);
}

void vp_check_family(VpCheck *t)
{
    VpMotionKernels ref, got;
    vp_motion_kernels_init(&ref, 0);
    vp_motion_kernels_init(&got, t->cpu);
    check_diff(t, &ref, &got);
    check_row(t, &ref, &got);
    check_long_row(t, &ref, &got);
}

enum { W = 1920 };
typedef struct Bench {
    VpMotionKernels k;
    const uint8_t *prev, *cur;
    const void *d[VP_MOTION_TAPS];
    int16_t *out;
    int32_t *work;
    uint64_t sum;
} Bench;

static void bench_diff8(void *arg)
{
    Bench *const b = arg;
    b->sum += b->k.diff8(b->prev, b->cur, W, b->out);
}

static void bench_row(void *arg)
{
    Bench *const b = arg;
    b->sum += b->k.row(b->d, W, 8, b->work);
}

void vp_bench_family(VpCheck *t)
{
    Bench b = {.prev = vp_check_u8(t, W, 8, VP_CHECK_NOISE), .cur = vp_check_u8(t, W, 8, VP_CHECK_NOISE)};
    for (int k = 0; k < VP_MOTION_TAPS; k++) b.d[k] = differences(t, W + ROW, 8);
    b.out = vp_check_alloc(t, W + ROW, sizeof *b.out);
    b.work = vp_check_alloc(t, W + ROW, sizeof *b.work);
    vp_motion_kernels_init(&b.k, t->cpu);
    vp_bench(t, "motion/diff8", "w=1920", bench_diff8, &b);
    vp_bench(t, "motion/row", "w=1920", bench_row, &b);
}
