/* Heatmaps of CAMBI: where in a picture the banding is, one file of 16-bit maps for each scale. */
#ifndef VP_FEATURE_CAMBI_HEATMAP_H
#define VP_FEATURE_CAMBI_HEATMAP_H

#include <stdint.h>

#include "kernel/cambi_score.h"

/* Makes the folder (not its parents) and five empty files cambi_heatmap_scale_S_WxH_16b.gray in it. w, h: of the
 * picture that is judged; the names halve them, rounding up, at each scale. 0 or a negative errno. */
int vp_cambi_heatmap_create(const char *folder, int w, int h);

typedef struct VpCambiHeatmap {
    int file[VP_CAMBI_SCALES]; /* descriptors */
    double full;               /* the contrast that is 65535 */
    unsigned frame;            /* the one that is written next */
    uint16_t *row;
} VpCambiHeatmap;

/* The files made before. Any number may be open on the same folder, for different frames. 0 or a negative errno. */
int vp_cambi_heatmap_open(VpCambiHeatmap *map, const char *folder, int w, int h, const VpCambiBand *band);
void vp_cambi_heatmap_close(VpCambiHeatmap *map);
/* Writes the map of one scale of map->frame where it belongs in the file; for VpCambiMap. */
int vp_cambi_heatmap_put(void *map, int scale, const float *c, int w, int h);

#endif
