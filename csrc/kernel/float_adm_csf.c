/* Contrast sensitivity of the wavelet bands.
 *
 * A. B. Watson, G. Y. Yang, J. A. Solomon, J. Villasenor, "Visibility of wavelet quantization noise", IEEE Transactions
 * on Image Processing 6(8), 1997; P. G. J. Barten, "Contrast sensitivity of the human eye and its effects on image
 * quality", SPIE Press, 1999. */
#include <math.h>

#include "kernel/float_adm.h"

#define PI 3.14159265358979323846

/* Samples per degree of visual angle. */
static float resolution(const VpFloatAdmViewing *v)
{
    return (float)(v->distance * v->height * PI / 180.0);
}

static float watson(float r, int level, bool diagonal)
{
    /* amplitude of the basis functions of the 9/7 wavelet */
    static const float amplitude[2][VP_FLOAT_ADM_LEVELS] = {
        {0.67234f, 0.41317f, 0.22727f, 0.11792f},
        {0.72709f, 0.49428f, 0.28688f, 0.15214f},
    };
    const float a = 0.495f, k = 0.466f, f0 = 0.401f, g = diagonal ? 0.534f : 1.0f;
    const float t = (float)log10(pow(2.0, level + 1) * f0 * g / r);
    const float q = (float)(2.0 * a * pow(10.0, k * t * t) / amplitude[diagonal][level]);
    return (float)(1.0 / q);
}

static float mannos(float r, int level, bool diagonal)
{
    float f = (float)(r / pow(2.0, level + 1));
    if (diagonal) f = (float)(f / 0.7);
    return (float)((0.31 + 0.69 * f) * exp(-0.29 * f));
}

static float barten(float r, int level)
{
    static const float dim[] = {0.334278f, 3.79542f, 1.07327f, 6.4635f}, bright[] = {0.394533f, 2.7755f, 1.16577f,
                                                                                     7.45665f};
    static const double a[] = {0.424838596301290, 0.572435103936480, 0.000167576239164937, 0.00255872352306433};
    static const double b[] = {0.028, 0.37, 37, 360};
    const float luminance = 100; /* cd/m2 */
    const float f = (float)(r / pow(2.0, level + 1));
    const float at = (float)log10(luminance), from = (float)log10(20), to = (float)log10(150);
    float p[4]; /* slope first: the order of rounding shows in the last bit of the result */
    for (int i = 0; i < 4; i++) p[i] = dim[i] + (bright[i] - dim[i]) / (to - from) * (at - from);
    const float rise = (float)(1 + pow(p[0] * f, p[1]));
    const float fall = (float)(1 / pow(1 - exp(-pow(f / 7.0, 2)), p[2]));
    const float noise = (float)(p[3] / sqrt(rise * fall));
    float optics = 0;
    for (int i = 0; i < 4; i++) optics = (float)(optics + a[i] * exp(-b[i] * f));
    const float receptors = (float)(30.162 * pow(pow(4.0627 / luminance, 1.6596) + 1, -0.2712));
    return noise * optics * receptors;
}

void vp_float_adm_sensitivity(const VpFloatAdmViewing *viewing, int level, float *straight, float *diagonal)
{
    const float r = resolution(viewing);
    switch (viewing->mode) {
    case 1:
        *straight = (float)(barten(r, level) * viewing->scale);
        *diagonal = (float)(barten(r, level) * viewing->diagonal_scale);
        break;
    case 2:
        *straight = mannos(r, level, false);
        *diagonal = mannos(r, level, true);
        break;
    default:
        *straight = watson(r, level, false);
        *diagonal = watson(r, level, true);
    }
}
