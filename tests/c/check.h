/* Harness of the kernel checks: every instruction level against plain C, bit for bit.
 *
 * A check_<family>.c defines vp_check_family() and vp_bench_family(); main() is in check.c. Usage of the program:
 *     check_<family>            checks every level the machine has; exit status 1 and a line for each difference
 *     check_<family> --bench    times every level, one JSON object a line
 * Built with VP_CHECK_EMULATED, and the files of AVX-512 with emulated instructions, it checks those levels too. */
#ifndef VP_CHECK_H
#define VP_CHECK_H

#include <stddef.h>
#include <stdint.h>

enum { VP_CHECK_BLOCKS = 512 };

typedef struct VpCheck {
    unsigned cpu;      /* VP_CPU_ flags of the level under test; 0: plain C */
    const char *level; /* its name */
    uint64_t random;
    unsigned long compared, failed;
    int n_blocks;
    struct {
        void *base;
        size_t size;
    } block[VP_CHECK_BLOCKS];
} VpCheck;

/* To be defined by each family: draw inputs, call the kernels of plain C (cpu 0) and of t->cpu, compare. */
void vp_check_family(VpCheck *t);
/* Time the kernels of t->cpu with vp_bench(). */
void vp_bench_family(VpCheck *t);

/* Memory that begins just after, or (mostly) ends just before, an unreadable page; aligned for elements of `size`
 * bytes only. Filled with noise. Lives until vp_check_free(). */
void *vp_check_alloc(VpCheck *t, size_t n, size_t size);
void vp_check_free(VpCheck *t);

uint64_t vp_check_random(VpCheck *t);
int vp_check_range(VpCheck *t, int low, int high); /* both ends included */

/* How samples are drawn; VP_CHECK_ANY picks one of the others. */
typedef enum {
    VP_CHECK_NOISE,
    VP_CHECK_LOW,
    VP_CHECK_HIGH,
    VP_CHECK_EXTREMES,
    VP_CHECK_FLAT,
    VP_CHECK_ANY,
} VpCheckFill;
/* n samples of 0 .. 2^bits - 1, in memory of their own; 1 to 8 bits as bytes, 9 to 16 as uint16_t. */
uint8_t *vp_check_u8(VpCheck *t, int n, int bits, VpCheckFill fill);
uint16_t *vp_check_u16(VpCheck *t, int n, int bits, VpCheckFill fill);

/* Is the kernel's answer that of plain C? The text is printf's, and names the kernel and the input. */
void vp_check_bytes(VpCheck *t, const void *want, const void *got, size_t bytes, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void vp_check_u64(VpCheck *t, uint64_t want, uint64_t got, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Times call(arg), repeatedly, and prints a row: least, median and quartiles of the time of one call. */
void vp_bench(VpCheck *t, const char *kernel, const char *shape, void (*call)(void *arg), void *arg);

#endif
