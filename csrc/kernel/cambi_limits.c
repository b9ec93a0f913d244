#include "kernel/cambi_limits.h"

#include <math.h>

enum { BLACK = 64, WHITE = 940 };

static double bt1886(double signal)
{
    const double gamma = 2.4, peak = 300, black = 0.01;
    const double q = pow(peak, 1 / gamma) - pow(black, 1 / gamma);
    return pow(q, gamma) * pow(fmax(signal + pow(black, 1 / gamma) / q, 0), gamma);
}

static double pq(double signal)
{
    const double m1 = 0.1593017578125, m2 = 78.84375, c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
    const double p = pow(signal, 1 / m2);
    return 10000 * pow(fmax(p - c1, 0) / (c2 - c3 * p), 1 / m1);
}

double vp_cambi_luminance(VpEotf eotf, int code)
{
    const int clamped = code < BLACK ? BLACK : code > WHITE ? WHITE : code;
    const double signal = (double)(clamped - BLACK) / (WHITE - BLACK);
    return eotf == VP_EOTF_PQ ? pq(signal) : bt1886(signal);
}

static bool visible(VpEotf eotf, int code, int diff, double threshold)
{
    const double luminance = vp_cambi_luminance(eotf, code);
    return vp_cambi_luminance(eotf, code + diff) - luminance > threshold * luminance;
}

int vp_cambi_brightest(VpEotf eotf, int diff, double threshold)
{
    if (!visible(eotf, BLACK, diff, threshold)) return 0;
    if (visible(eotf, WHITE - diff, diff, threshold)) return 1023;
    int seen = BLACK, unseen = WHITE - diff;
    while (unseen - seen > 1) {
        const int middle = (seen + unseen) / 2;
        if (visible(eotf, middle, diff, threshold))
            seen = middle;
        else
            unseen = middle;
    }
    return seen;
}

int vp_cambi_darkest(VpEotf eotf, double luminance)
{
    for (int code = BLACK; code <= WHITE; code++)
        if (vp_cambi_luminance(eotf, code) >= luminance) return code == BLACK ? 0 : code;
    return VP_CAMBI_CODES;
}

static void set_reciprocals(float *reciprocal, int n)
{
    reciprocal[0] = 0;
    for (int i = 1; i <= n; i++) {
        int64_t scale = 100000000; /* 1 / i is digits / scale, with nine digits */
        while (scale / i < 100000000) scale *= 10;
        const int64_t digits = (2 * scale + i) / (2 * i);
        reciprocal[i] = (float)((double)digits / (double)scale);
    }
}

void vp_cambi_band_init(VpCambiBand *band, VpEotf eotf, double threshold, double luminance, int n_diffs, int window)
{
    int brightest[VP_CAMBI_DIFFS + 1];
    for (int d = 1; d <= n_diffs; d++) brightest[d] = vp_cambi_brightest(eotf, d, threshold);
    /* A step at code v shows up to brightest[d] if v + n_diffs + d is above `darkest`; counts are asked for n_diffs
     * codes around. */
    const int darkest = vp_cambi_darkest(eotf, luminance);
    int low = darkest - 3 * n_diffs + 1, high = brightest[n_diffs] + n_diffs;
    if (low < 0) low = 0;
    if (high > VP_CAMBI_CODES - 1) high = VP_CAMBI_CODES - 1;
    band->low = low;
    band->n_codes = high < low ? 0 : high - low + 1;
    band->n_diffs = n_diffs;
    band->radius = window / 2;
    for (int i = 0; i < band->n_codes; i++) {
        const int v = low + i;
        int d = 1;
        while (d <= n_diffs && !(v <= brightest[d] && v + n_diffs + d > darkest)) d++;
        band->first[i] = (uint8_t)d;
    }
    set_reciprocals(band->reciprocal, window * window);
}
