#define _POSIX_C_SOURCE 200809L /* pwrite */
#define _FILE_OFFSET_BITS 64

#include "feature/cambi_heatmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { PATH_SIZE = 1024 };

static int open_file(const char *folder, int scale, int w, int h, int flags)
{
    char path[PATH_SIZE];
    for (int i = 0; i < scale; i++) {
        w = (w + 1) / 2;
        h = (h + 1) / 2;
    }
    const int n = snprintf(path, sizeof path, "%s/cambi_heatmap_scale_%d_%dx%d_16b.gray", folder, scale, w, h);
    if (n < 0 || (size_t)n >= sizeof path) return -ENAMETOOLONG;
    const int file = open(path, flags | O_WRONLY | O_CLOEXEC, 0666);
    return file < 0 ? -errno : file;
}

int vp_cambi_heatmap_create(const char *folder, int w, int h)
{
    if (mkdir(folder, 0777) && errno != EEXIST) return -errno;
    for (int i = 0; i < VP_CAMBI_SCALES; i++) {
        const int file = open_file(folder, i, w, h, O_CREAT | O_TRUNC);
        if (file < 0) return file;
        close(file);
    }
    return 0;
}

int vp_cambi_heatmap_open(VpCambiHeatmap *map, const char *folder, int w, int h, const VpCambiBand *band)
{
    const int window = 2 * band->radius + 1;
    int most = 0;
    for (int d = 1; d <= band->n_diffs; d++) most = vp_cambi_weight[d] > most ? vp_cambi_weight[d] : most;
    map->full = most * window * window / 4;
    for (int i = 0; i < VP_CAMBI_SCALES; i++) map->file[i] = -1;
    map->row = vp_alloc((size_t)w, sizeof *map->row);
    int rc = map->row ? 0 : -ENOMEM;
    for (int i = 0; i < VP_CAMBI_SCALES && !rc; i++) {
        map->file[i] = open_file(folder, i, w, h, 0);
        if (map->file[i] < 0) rc = map->file[i];
    }
    if (rc) vp_cambi_heatmap_close(map);
    return rc;
}

void vp_cambi_heatmap_close(VpCambiHeatmap *map)
{
    for (int i = 0; i < VP_CAMBI_SCALES; i++) {
        if (map->file[i] >= 0) close(map->file[i]);
        map->file[i] = -1;
    }
    vp_free(map->row);
    map->row = NULL;
}

static int write_all(int file, const void *data, size_t size, off_t at)
{
    for (const char *p = data; size;) {
        const ssize_t n = pwrite(file, p, size, at);
        if (n < 0 && errno != EINTR) return -errno;
        if (n <= 0) continue;
        p += n;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

int vp_cambi_heatmap_put(void *self, int scale, const float *c, int w, int h)
{
    VpCambiHeatmap *const map = self;
    const off_t bytes = (off_t)w * (off_t)sizeof *map->row;
    const double unit = 65535 / map->full;
    for (int y = 0; y < h; y++, c += w) {
        for (int x = 0; x < w; x++) {
            /* 0 / 0 in a window of one sample; the largest contrast of an odd window is a little above `full` */
            const double value = c[x] > 0 ? unit * (double)c[x] : 0;
            map->row[x] = value < 65535 ? (uint16_t)value : 65535;
        }
        const int rc = write_all(map->file[scale], map->row, (size_t)bytes, ((off_t)map->frame * h + y) * bytes);
        if (rc) return rc;
    }
    return 0;
}
