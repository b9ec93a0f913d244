#include "feature/adm_csf.h"

#include <errno.h>
#include <math.h>

/* Single and double precision are mixed as in libvmaf 3.2: part of the definition. */

static const double pi = 3.141592653589793;

/* Samples per degree of visual angle. */
static float visual_resolution(const VpAdmViewing *v)
{
    return (float)(v->distance * v->display_height * pi / 180.0);
}

/* One over the quantisation step that is just visible: A. B. Watson et al., "Visibility of wavelet quantization noise",
 * IEEE Trans. Image Processing 6(8), 1997. orientation: 1.0 for h and v, 0.534 for d; gain: of the basis function. */
static float watson(float resolution, int scale, float orientation, float gain)
{
    const float a = 0.495f, k = 0.466f, f0 = 0.401f;
    const float octaves = (float)log10((double)(1 << (scale + 1)) * f0 * orientation / resolution);
    const float exponent = k * octaves * octaves;
    const float step = (float)(2.0 * a * pow(10.0, exponent) / gain);
    return 1.0f / step;
}

/* P. G. J. Barten, "Formula for the contrast sensitivity of the human eye", 2003, with parameters for 100 cd/m2, after
 * the eye's glare. */
static float barten(float resolution, int scale, double multiplier)
{
    static const float p[4] = {0x1.8795E4p-2f, 0x1.7D88F0p+1f, 0x1.25AC04p+0f, 0x1.D06F56p+2f};
    static const float amplitude[4] = {0.424838596301290f, 0.572435103936480f, 0.000167576239164937f,
                                       0.00255872352306433f};
    static const float decay[4] = {0.028f, 0.37f, 37.0f, 360.0f};
    const float f = resolution / (float)(1 << (scale + 1)); /* cycles per degree */
    const float a = (float)(1.0 + pow(p[0] * f, p[1]));
    const float b = (float)(1.0 / pow(1.0 - exp(-pow(f / 7, 2.0)), p[2]));
    const float c = (float)(p[3] / pow(a * b, 0.5));
    float m = 0;
    for (int i = 0; i < 4; i++) m = (float)(m + amplitude[i] * exp(-decay[i] * f));
    return (float)((double)(c * m * 0x1.E1F384p+4f) * multiplier);
}

typedef struct Table {
    int display_height;
    double distance;
    float hv[2][VP_ADM_SCALES], d[2][VP_ADM_SCALES]; /* of modes 2 and 3 */
} Table;

static const Table tables[] = {
    {1080, 3.0,
     {{0.01183f, 0.025026f, 0.04295f, 0.058621f}, {0.011249f, 0.022606f, 0.035930f, 0.045673f}},
     {{0.004302f, 0.011778f, 0.023918f, 0.035901f}, {0.004097f, 0.010921f, 0.021430f, 0.031313f}}},
    {2160, 1.5,
     {{0.01183f, 0.025026f, 0.04295f, 0.058621f}, {0.011249f, 0.022606f, 0.035930f, 0.045673f}},
     {{0.004302f, 0.011778f, 0.023918f, 0.035901f}, {0.004097f, 0.010921f, 0.021430f, 0.031313f}}},
    {1080, 5.0,
     {{0.004212f, 0.014809f, 0.029642f, 0.047464f}, {0.004052f, 0.013939f, 0.026298f, 0.038833f}},
     {{0.000984f, 0.005852f, 0.0146f, 0.027574f}, {0.000927f, 0.005544f, 0.013415f, 0.024515f}}},
    {2160, 3.0,
     {{0.00226f, 0.01183f, 0.025026f, 0.04295f}, {0.002166f, 0.011249f, 0.022606f, 0.035930f}},
     {{0.000479f, 0.004302f, 0.011778f, 0.023918f}, {0.000447f, 0.004097f, 0.010921f, 0.021430f}}},
    {2160, 5.0,
     {{0.000092f, 0.004212f, 0.014809f, 0.029642f}, {0.000077f, 0.004052f, 0.013939f, 0.026298f}},
     {{0.000050f, 0.000984f, 0.005852f, 0.0146f}, {0.000045f, 0.000927f, 0.005544f, 0.013415f}}},
    {720, 5.0,
     {{0.010144f, 0.022561f, 0.040309f, 0.05672f}, {0.009689f, 0.020577f, 0.034162f, 0.044523f}},
     {{0.003463f, 0.010282f, 0.021839f, 0.034641f}, {0.003302f, 0.009579f, 0.019661f, 0.030318f}}},
};

static const Table *find_table(const VpAdmViewing *v)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i].display_height == v->display_height && tables[i].distance == v->distance) return tables + i;
    return NULL;
}

/* Only in mode 1 can a factor be too large: the bits above those kept are lost. */
static uint32_t fixed_point(float factor, double unit, uint64_t modulus)
{
    return (uint32_t)((uint64_t)(factor * unit) % modulus);
}

int vp_adm_csf(const VpAdmViewing *v, VpAdmCsf *csf)
{
    /* gains of the basis functions of the wavelet, per scale */
    static const float gain_hv[VP_ADM_SCALES] = {0.67234f, 0.41317f, 0.22727f, 0.11792f};
    static const float gain_d[VP_ADM_SCALES] = {0.72709f, 0.49428f, 0.28688f, 0.15214f};
    const float resolution = visual_resolution(v);
    const Table *table = v->mode > 1 ? find_table(v) : NULL;
    if (v->mode > 1 && !table) return -EINVAL;
    for (int s = 0; s < VP_ADM_SCALES; s++) {
        if (v->mode == 0) {
            csf->hv[s] = watson(resolution, s, 1.0f, gain_hv[s]);
            csf->d[s] = watson(resolution, s, 0.534f, gain_d[s]);
        } else if (v->mode == 1) {
            csf->hv[s] = barten(resolution, s, v->scale);
            csf->d[s] = barten(resolution, s, v->scale_diagonal);
        } else {
            csf->hv[s] = table->hv[v->mode - 2][s];
            csf->d[s] = table->d[v->mode - 2][s];
        }
        csf->fixed[s].hv = s ? fixed_point(csf->hv[s], 4294967296.0, (uint64_t)1 << 32)
                             : fixed_point(csf->hv[s], 2097152.0, 65536);
        csf->fixed[s].d = s ? fixed_point(csf->d[s], 4294967296.0, (uint64_t)1 << 32)
                            : fixed_point(csf->d[s], 8388608.0, 65536);
    }
    /* two constants of the original, a little off the formula */
    if (v->mode == 0 && fabs(v->distance * v->display_height - 3240.0) < 1e-8)
        csf->fixed[0] = (VpAdmFactors){36453, 49417};
    return 0;
}
