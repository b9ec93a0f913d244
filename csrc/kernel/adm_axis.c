/* Integer ADM: which part of each scale is needed, along one axis. */
#include "kernel/adm_axis.h"

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

int vp_adm_reflect(int i, int n)
{
    return i < 0 ? -i : i < n ? i : 2 * n - 1 - i;
}

void vp_adm_axis_init(VpAdmAxis axis[VP_ADM_SCALES], int n)
{
    int length[VP_ADM_SCALES];
    for (int s = 0; s < VP_ADM_SCALES; s++) length[s] = s ? axis[s - 1].band : n, axis[s].band = (length[s] + 1) / 2;
    for (int s = VP_ADM_SCALES - 1; s >= 0; s--) {
        VpAdmAxis *a = axis + s;
        a->crop = a->band < 5 ? 0 : (a->band - 5) / 10;
        a->crop_end = a->band - a->crop;
        a->ring = max_int(a->crop - 1, 0);
        a->ring_end = min_int(a->crop_end + 1, a->band);
        a->out = s + 1 < VP_ADM_SCALES ? min_int(a->ring, a[1].in) : a->ring;
        a->out_end = s + 1 < VP_ADM_SCALES ? max_int(a->ring_end, a[1].in_end) : a->ring_end;
        a->in = max_int(2 * a->out - 1, 0);
        a->in_end = min_int(2 * a->out_end + 1, length[s]);
    }
}
