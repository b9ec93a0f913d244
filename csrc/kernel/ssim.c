#include "kernel/ssim.h"

#include <math.h>

#include "kernel/ssim_levels.h"
#include "kernel/ssim_term.h"

const float vp_ssim_window[VP_SSIM_WINDOW] = {
    0.001028f, 0.007599f, 0.036001f, 0.109361f, 0.213006f, 0.266012f,
    0.213006f, 0.109361f, 0.036001f, 0.007599f, 0.001028f,
};

#define HALF_0 {0.000714f, -0.000450f, -0.002090f, 0.007132f, 0.016114f, 0.007132f, -0.002090f, -0.000450f, 0.000714f}
#define HALF_1 {-0.000450f, 0.000283f, 0.001316f, -0.004490f, -0.010146f, -0.004490f, 0.001316f, 0.000283f, -0.000450f}
#define HALF_2 {-0.002090f, 0.001316f, 0.006115f, -0.020867f, -0.047149f, -0.020867f, 0.006115f, 0.001316f, -0.002090f}
#define HALF_3 {0.007132f, -0.004490f, -0.020867f, 0.071207f, 0.160885f, 0.071207f, -0.020867f, -0.004490f, 0.007132f}
#define HALF_4 {0.016114f, -0.010146f, -0.047149f, 0.160885f, 0.363505f, 0.160885f, -0.047149f, -0.010146f, 0.016114f}

/* Not the product of two one-dimensional filters: six decimals of each product. */
const float vp_ssim_half[VP_SSIM_HALF][VP_SSIM_HALF] = {
    HALF_0, HALF_1, HALF_2, HALF_3, HALF_4, HALF_3, HALF_2, HALF_1, HALF_0,
};

static void load_c(const void *src, int bpc, int w, float *dst)
{
    if (bpc == 8) {
        const uint8_t *const s = src;
        for (int x = 0; x < w; x++) dst[x] = s[x];
    } else {
        const uint16_t *const s = src;
        const float scale = 1.0f / (float)(1 << (bpc - 8)); /* a power of two: exact */
        for (int x = 0; x < w; x++) dst[x] = (float)s[x] * scale;
    }
}

/* Windowed sums of one row at one block of positions. */
static void window(const float *src, float *dst)
{
    for (int x = 0; x < VP_SSIM_LANES; x++) {
        double sum = 0;
        for (int k = 0; k < VP_SSIM_WINDOW; k++) sum += (double)(src[x + k] * vp_ssim_window[k]);
        dst[x] = (float)sum;
    }
}

static void window_row_c(const float *x, const float *y, int n, bool positive, float *maps)
{
    (void)positive;
    enum { READ = VP_SSIM_LANES + VP_SSIM_WINDOW - 1 };
    for (int first = 0; first < n; first += VP_SSIM_LANES, maps += VP_SSIM_BLOCK) {
        const float *const a = x + first, *const b = y + first;
        float product[3][READ];
        for (int i = 0; i < READ; i++) {
            product[0][i] = a[i] * a[i];
            product[1][i] = b[i] * b[i];
            product[2][i] = a[i] * b[i];
        }
        const float *const src[VP_SSIM_MAPS] = {a, b, product[0], product[1], product[2]};
        for (int i = 0; i < VP_SSIM_MAPS; i++) window(src[i], maps + i * VP_SSIM_LANES);
    }
}

/* The sum down the columns of each map at one position. */
static void window_at(const float *block, int first_row, float map[VP_SSIM_MAPS])
{
    double sum[VP_SSIM_MAPS] = {0};
    for (int k = 0; k < VP_SSIM_WINDOW; k++) {
        const float *const row = block + (first_row + k) % VP_SSIM_WINDOW * VP_SSIM_MAPS * VP_SSIM_LANES;
        for (int i = 0; i < VP_SSIM_MAPS; i++) sum[i] += (double)(row[i * VP_SSIM_LANES] * vp_ssim_window[k]);
    }
    for (int i = 0; i < VP_SSIM_MAPS; i++) map[i] = (float)sum[i];
}

static void position_row_c(const float *ring, int first_row, int n, bool positive, bool all,
                           double sum[VP_SSIM_SUMS])
{
    (void)positive;
    for (int x = 0; x < n; x++) {
        float map[VP_SSIM_MAPS];
        window_at(ring + x / VP_SSIM_LANES * VP_SSIM_BLOCK + x % VP_SSIM_LANES, first_row, map);
        const float mx = map[0], my = map[1], mx2 = mx * mx, my2 = my * my;
        const float xx = map[2] - mx2, yy = map[3] - my2;
        const float vx = xx > 0 ? xx : 0, vy = yy > 0 ? yy : 0;
        float cov = map[4] - mx * my;
        const float sigma = sqrtf(vx * vy);
        if (cov < 0 && sigma <= 0) cov = 0;
        const double c = (2 * (double)sigma + (double)VP_SSIM_C2) / (double)(vx + vy + VP_SSIM_C2);
        const float s = (cov + VP_SSIM_C3) / (sigma + VP_SSIM_C3);
        sum[VP_SSIM_C] += c;
        sum[VP_SSIM_S] += (double)s;
        if (!all) continue;
        const double l = (2 * (double)mx * (double)my + (double)VP_SSIM_C1) / (double)(mx2 + my2 + VP_SSIM_C1);
        sum[VP_SSIM_L] += l;
        sum[VP_SSIM_PRODUCT] += l * c * (double)s;
    }
}

static void halve_row_c(const float *const row[VP_SSIM_HALF], int n, float *dst)
{
    for (int x = 0; x < vp_ssim_padded(n); x++) {
        double sum = 0;
        for (int v = 0; v < VP_SSIM_HALF; v++) {
            const float *const src = row[v] + 2 * x - VP_SSIM_HALF / 2;
            for (int u = 0; u < VP_SSIM_HALF; u++) sum += (double)(src[u] * vp_ssim_half[v][u]);
        }
        dst[x] = (float)sum;
    }
}

/* What row v of the filter adds to a sum. */
static double half_term(const float *src, int v)
{
    double sum = 0;
    for (int u = 0; u < VP_SSIM_HALF; u++) sum += (double)(src[u] * vp_ssim_half[v][u]);
    return sum;
}

static void halve_pair_c(const float *even, const float *odd, int n, double *const sum[VP_SSIM_PARTS], float *dst)
{
    for (int x = 0; x < vp_ssim_padded(n); x++) {
        const float *const a = even + 2 * x - VP_SSIM_HALF / 2, *const b = odd + 2 * x - VP_SSIM_HALF / 2;
        dst[x] = (float)(sum[0][x] + half_term(a, 8));
        sum[1][x] += half_term(a, 6) + half_term(b, 7);
        sum[2][x] += half_term(a, 4) + half_term(b, 5);
        sum[3][x] += half_term(a, 2) + half_term(b, 3);
        sum[0][x] = half_term(a, 0) + half_term(b, 1);
    }
}

void vp_ssim_kernels_init(VpSsimKernels *k, unsigned cpu)
{
    k->load = load_c;
    k->window_row = window_row_c;
    k->position_row = position_row_c;
    k->halve_row = halve_row_c;
    k->halve_pair = halve_pair_c;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) {
        k->window_row = vp_ssim_window_row_avx2;
        k->position_row = vp_ssim_position_row_avx2;
        k->halve_row = vp_ssim_halve_row_avx2;
        k->halve_pair = vp_ssim_halve_pair_avx2;
    }
    if (cpu & VP_CPU_AVX512) {
        k->window_row = vp_ssim_window_row_avx512;
        k->position_row = vp_ssim_position_row_avx512;
        k->halve_row = vp_ssim_halve_row_avx512;
        k->halve_pair = vp_ssim_halve_pair_avx512;
    }
#elif defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) {
        k->window_row = vp_ssim_window_row_neon;
        k->position_row = vp_ssim_position_row_neon;
        k->halve_row = vp_ssim_halve_row_neon;
        k->halve_pair = vp_ssim_halve_pair_neon;
    }
#endif
    (void)cpu;
}
