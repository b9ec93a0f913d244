/* Feeds a context of 4 threads with pictures over the caller's own memory, reused as soon as they are free, while
 * another thread reads scores. Made for ThreadSanitizer; run with the probe extractors. Exit status 0: every score is
 * right and every reference came back. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmaf_api.h"

enum { THREADS = 4, FRAMES = 600, SIDE = 16, SLOTS = 2 * (THREADS + 6) };

typedef struct {
    uint8_t samples[SIDE * SIDE];
    VmafRef *ref;
} Slot;

static Slot slots[SLOTS];
static atomic_uint n_fed;
static atomic_int failures;

static void expect(int ok, const char *what, unsigned index)
{
    if (ok) return;
    fprintf(stderr, "%s, frame %u\n", what, index);
    atomic_fetch_add(&failures, 1);
}

static unsigned char level(unsigned index, int dis)
{
    return (unsigned char)(index * 13 % 101 + 50u * (unsigned)dis);
}

/* A slot that nobody reads any more, filled anew. */
static VmafPicture take(unsigned char value)
{
    for (unsigned k = 0;; k = (k + 1) % SLOTS) {
        Slot *s = slots + k;
        if (vmaf_ref_load(s->ref) != 1) continue;
        memset(s->samples, value, sizeof(s->samples));
        vmaf_ref_fetch_increment(s->ref);
        VmafPicture pic = {.pix_fmt = VMAF_PIX_FMT_YUV400P, .bpc = 8, .w = {SIDE}, .h = {SIDE}, .stride = {SIDE}};
        pic.data[0] = s->samples;
        pic.ref = s->ref;
        return pic;
    }
}

static void *watch(void *arg)
{
    VmafContext *vmaf = arg;
    unsigned done = 0;
    while (done < FRAMES) {
        double score;
        const unsigned fed = atomic_load(&n_fed);
        if (!vmaf_feature_score_at_index(vmaf, "Probe_feature_mean_score", &score, done)) {
            expect(score == level(done, 0), "mean", done);
            done++;
        } else if (fed > FRAMES) {
            expect(0, "no score after the flush", done);
            break;
        }
        vmafpy_stored_name(vmaf, 0);
    }
    return NULL;
}

int main(void)
{
    VmafContext *vmaf = NULL;
    const VmafConfiguration cfg = {.n_threads = THREADS};
    VmafFeatureDictionary *options = NULL;
    pthread_t watcher;
    for (int k = 0; k < SLOTS; k++)
        if (vmaf_ref_init(&slots[k].ref)) return 2;
    if (vmaf_init(&vmaf, cfg)) return 2;
    if (vmaf_feature_dictionary_set(&options, "ref_history", "2")) return 2;
    if (vmaf_feature_dictionary_set(&options, "dis_history", "1")) return 2;
    if (vmaf_use_feature(vmaf, "probe", options) || vmaf_use_feature(vmaf, "late", NULL)) return 2;
    if (pthread_create(&watcher, NULL, watch, vmaf)) return 2;

    for (unsigned i = 0; i < FRAMES; i++) {
        VmafPicture ref = take(level(i, 0)), dis = take(level(i, 1));
        expect(!vmaf_read_pictures(vmaf, &ref, &dis, i), "read", i);
        atomic_fetch_add(&n_fed, 1);
    }
    expect(!vmaf_read_pictures(vmaf, NULL, NULL, 0), "flush", FRAMES);
    atomic_fetch_add(&n_fed, 1);
    pthread_join(watcher, NULL);
    for (unsigned i = 0; i < FRAMES; i++) {
        double past, smaller;
        const unsigned next = i + 1 < FRAMES ? i + 1 : i;
        const double r1 = i > 0 ? level(i - 1, 0) : 999, r2 = i > 1 ? level(i - 2, 0) : 999;
        const double d1 = i > 0 ? level(i - 1, 1) : 999;
        expect(!vmaf_feature_score_at_index(vmaf, "probe_past", &past, i), "no past", i);
        expect(past == ((r1 * 1000 + r2) * 1000 + d1) * 1000 + 999, "past", i);
        expect(!vmaf_feature_score_at_index(vmaf, "late_smaller", &smaller, i), "no smaller", i);
        expect(smaller == (level(i, 0) < level(next, 0) ? level(i, 0) : level(next, 0)), "smaller", i);
    }
    for (int k = 0; k < SLOTS; k++) expect(vmaf_ref_load(slots[k].ref) == 1, "reference kept", (unsigned)k);
    vmaf_close(vmaf);
    for (int k = 0; k < SLOTS; k++) vmaf_ref_close(slots[k].ref);
    return atomic_load(&failures) ? 1 : 0;
}
