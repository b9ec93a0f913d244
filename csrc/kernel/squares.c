#include "kernel/squares.h"

#include <stddef.h>

static uint64_t distance8_c(const uint8_t *a, const uint8_t *b, int w)
{
    uint64_t sum = 0;
    for (int first = 0; first < w; first += 1 << 15) { /* so many squares fit 32 bits */
        const int n = w - first < 1 << 15 ? w : first + (1 << 15);
        uint32_t part = 0;
        for (int x = first; x < n; x++) part += (uint32_t)((a[x] - b[x]) * (a[x] - b[x]));
        sum += part;
    }
    return sum;
}

static uint64_t distance16_c(const uint16_t *a, const uint16_t *b, int w)
{
    uint64_t sum = 0;
    for (int x = 0; x < w; x++) {
        const uint32_t d = (uint32_t)(a[x] > b[x] ? a[x] - b[x] : b[x] - a[x]);
        sum += d * d;
    }
    return sum;
}

static void moments8_c(const uint8_t *a, int w, uint64_t sum[2])
{
    sum[0] = sum[1] = 0;
    for (int first = 0; first < w; first += 1 << 15) {
        const int n = w - first < 1 << 15 ? w : first + (1 << 15);
        uint32_t samples = 0, squares = 0;
        for (int x = first; x < n; x++) {
            samples += a[x];
            squares += (uint32_t)(a[x] * a[x]);
        }
        sum[0] += samples;
        sum[1] += squares;
    }
}

static void moments16_c(const uint16_t *a, int w, uint64_t sum[2])
{
    uint64_t first = 0, second = 0;
    for (int x = 0; x < w; x++) {
        first += a[x];
        second += (uint32_t)a[x] * a[x];
    }
    sum[0] = first;
    sum[1] = second;
}

void vp_squares_init(VpSquares *k, unsigned cpu)
{
    k->distance8 = distance8_c;
    k->distance16 = distance16_c;
    k->moments8 = moments8_c;
    k->moments16 = moments16_c;
    (void)cpu;
}

uint64_t vp_squares_distance(const VpSquares *k, const VpPlane *a, const VpPlane *b, int bpc)
{
    uint64_t sum = 0;
    for (int y = 0; y < a->h; y++)
        sum += bpc == 8 ? k->distance8(vp_row(a, y), vp_row(b, y), a->w)
                        : k->distance16(vp_row(a, y), vp_row(b, y), a->w);
    return sum;
}

void vp_squares_moments(const VpSquares *k, const VpPlane *a, int bpc, uint64_t sum[2])
{
    sum[0] = sum[1] = 0;
    for (int y = 0; y < a->h; y++) {
        uint64_t row[2];
        if (bpc == 8)
            k->moments8(vp_row(a, y), a->w, row);
        else
            k->moments16(vp_row(a, y), a->w, row);
        sum[0] += row[0];
        sum[1] += row[1];
    }
}

double vp_squares_float(const VpPlane *a, const VpPlane *b, int bpc)
{
    /* scaling by a power of two commutes with both roundings */
    double sum = 0;
    for (int y = 0; y < a->h; y++) {
        const void *const p = vp_row(a, y), *const q = b ? vp_row(b, y) : NULL;
        for (int x = 0; x < a->w; x++) {
            const int u = bpc == 8 ? ((const uint8_t *)p)[x] : ((const uint16_t *)p)[x];
            const int v = !b ? 0 : bpc == 8 ? ((const uint8_t *)q)[x] : ((const uint16_t *)q)[x];
            const float d = (float)(u - v);
            sum += (double)(d * d);
        }
    }
    const double scale = 1 << (bpc - 8);
    return sum / (scale * scale);
}
