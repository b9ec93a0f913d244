#include "base/cpu.h"

#if defined(VP_ARM64)
#include <arm_neon.h>

#include "kernel/cambi_levels.h"

/* Compilers turn the rest of plain C into as good vectors. What is left of a row goes to it. */

enum { LANES = 8 };
typedef int16x8_t V;
typedef float32x4_t VF;
typedef uint16x4_t H;

static inline V load(const void *p)
{
    return vld1q_s16(p);
}

static inline void store(void *p, V v)
{
    vst1q_s16(p, v);
}

#define bits16(v) vreinterpretq_u16_s16(v)
#define set16(x) vdupq_n_s16((int16_t)(x))
#define add16(a, b) vaddq_s16(a, b)
#define sub16(a, b) vsubq_s16(a, b)
#define min16(a, b) vminq_s16(a, b)
#define max16(a, b) vmaxq_s16(a, b)
#define max_u16(a, b) vreinterpretq_s16_u16(vmaxq_u16(bits16(a), bits16(b)))
#define set_f(x) vdupq_n_f32(x)
#define max_f(a, b) vmaxq_f32(a, b)
#define mul_f(a, b) vmulq_f32(a, b)
#define store_f(p, v) vst1q_f32(p, v)
#define lower_half(v) vget_low_u16(bits16(v))
#define upper_half(v) vget_high_u16(bits16(v))
#define any(v) (vmaxvq_u32(vreinterpretq_u32_s16(v)) != 0)
#define counting() ((V){1, 2, 3, 4, 5, 6, 7, 8})

static inline VF count_product(const float *reciprocals, H own, H other, VF *reciprocal)
{
    const uint64x2_t both = vreinterpretq_u64_u32(vaddl_u16(own, other));
    const uint64_t low = vgetq_lane_u64(both, 0), high = vgetq_lane_u64(both, 1);
    *reciprocal = (VF){reciprocals[(uint32_t)low], reciprocals[low >> 32], reciprocals[(uint32_t)high],
                       reciprocals[high >> 32]};
    return vcvtq_f32_u32(vmull_u16(own, other));
}

static inline uint8x16_t equal16(const uint16_t *a, const uint16_t *b)
{
    const uint16x8_t low = vceqq_u16(vld1q_u16(a), vld1q_u16(b)), high = vceqq_u16(vld1q_u16(a + 8), vld1q_u16(b + 8));
    return vuzp1q_u8(vreinterpretq_u8_u16(low), vreinterpretq_u8_u16(high));
}

static inline uint8x16_t none16(const uint16_t *a)
{
    const uint16x8_t none = vdupq_n_u16(VP_CAMBI_NONE);
    const uint16x8_t low = vceqq_u16(vld1q_u16(a), none), high = vceqq_u16(vld1q_u16(a + 8), none);
    return vuzp1q_u8(vreinterpretq_u8_u16(low), vreinterpretq_u8_u16(high));
}

/* One bit for each of 32 bytes that are 0 or 0xff. */
static inline uint32_t one_bit_each(uint8x16_t low, uint8x16_t high)
{
    const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t sum = vpaddq_u8(vandq_u8(low, bit), vandq_u8(high, bit));
    sum = vpaddq_u8(sum, sum);
    sum = vpaddq_u8(sum, sum);
    return vgetq_lane_u32(vreinterpretq_u32_u8(sum), 0);
}

static inline uint32_t equal32(const uint16_t *a, const uint16_t *b)
{
    return one_bit_each(equal16(a, b), equal16(a + 16, b + 16));
}

static inline uint32_t none32(const uint16_t *a)
{
    return one_bit_each(none16(a), none16(a + 16));
}

#define VP_LEVEL
#include "kernel/cambi_counts.h"

static int64_t sum(const float *c, size_t n, size_t *non_zero)
{
    int64x2_t total = vdupq_n_s64(0);
    uint32x4_t some = vdupq_n_u32(0);
    size_t i = 0;
    for (; n - i >= 4; i += 4) {
        const float32x4_t v = vld1q_f32(c + i);
        total = vaddq_s64(total, vcvtq_n_s64_f64(vcvt_f64_f32(vget_low_f32(v)), 24));
        total = vaddq_s64(total, vcvtq_n_s64_f64(vcvt_high_f64_f32(v), 24));
        some = vsubq_u32(some, vcgtzq_f32(v));
    }
    size_t rest;
    const int64_t last = vp_cambi_plain.sum(c + i, n - i, &rest);
    *non_zero = vaddlvq_u32(some) + rest;
    return vaddvq_s64(total) + last;
}

static void flat(const uint16_t *a, const uint16_t *below, int w, uint8_t *z, uint8_t *sum)
{
    int x = 0;
    for (; x + 16 <= w; x += 16) {
        const uint8x16_t same = vandq_u8(equal16(a + x, a + x + 1), equal16(a + x, below + x));
        const uint8x16_t now = vandq_u8(same, vdupq_n_u8(1));
        vst1q_u8(sum + x, vsubq_u8(vaddq_u8(vld1q_u8(sum + x), now), vld1q_u8(z + x)));
        vst1q_u8(z + x, now);
    }
    vp_cambi_plain.flat(a + x, below + x, w - x, z + x, sum + x);
}

/* 0xff where the square around one of 16 columns is not above the threshold */
static inline uint8x16_t sparse16(const uint8_t *sum, uint8x16_t threshold)
{
    uint8x16_t square = vld1q_u8(sum - VP_CAMBI_MASK_RADIUS);
    for (int k = 1 - VP_CAMBI_MASK_RADIUS; k <= VP_CAMBI_MASK_RADIUS; k++) square = vaddq_u8(square, vld1q_u8(sum + k));
    return vcleq_u8(square, threshold);
}

/* Marks eight samples where the upper byte of a lane is 0xff. */
static inline void mark8(uint16_t *y, uint16x8_t sparse)
{
    vst1q_u16(y, vorrq_u16(vld1q_u16(y), vandq_u16(sparse, vdupq_n_u16(VP_CAMBI_UNMASKED))));
}

static void mask(const uint8_t *sum, int n, int step, int threshold, uint16_t *y)
{
    const uint8x16_t limit = vdupq_n_u8((uint8_t)threshold);
    int i = 0;
    if (step == 2) {
        for (; i + 8 <= n; i += 8) {
            const uint16x8_t even = vreinterpretq_u16_u8(sparse16(sum + 2 * i, limit));
            mark8(y + i, vshlq_n_u16(even, 8));
        }
    } else {
        for (; i + 16 <= n; i += 16) {
            const uint8x16_t sparse = sparse16(sum + i, limit);
            mark8(y + i, vreinterpretq_u16_u8(vzip1q_u8(sparse, sparse)));
            mark8(y + i + 8, vreinterpretq_u16_u8(vzip2q_u8(sparse, sparse)));
        }
    }
    vp_cambi_plain.mask(sum + i * step, n - i, step, threshold, y + i);
}

void vp_cambi_kernels_neon(VpCambiKernels *k)
{
    k->flat = flat;
    k->mask = mask;
    k->slide = slide;
    k->contrast = contrast;
    k->sum = sum;
}
#endif
