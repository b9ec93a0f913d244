#include "engine/collector.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PAGE = 512 }; /* frames. Scores never move, and a far index costs a directory, not the frames before it */

typedef struct {
    double value[PAGE];
    uint64_t set[PAGE / 64];
} Page;

struct VpSeries {
    char *name;
    const void *owner;
    Page **page;
    size_t n_pages;
    bool stored;
};

typedef struct {
    char *name;
    double value;
} Aggregate;

struct VpCollector {
    pthread_mutex_t lock;
    VpSeries **series, **order; /* all of them; those with a value, by their first */
    size_t n_series, capacity, n_order;
    size_t *slot; /* open addressing over names: 1 + index into series, 0 free; n_slots is 0 or a power of two */
    size_t n_slots;
    Aggregate *aggregate;
    size_t n_aggregates;
};

static size_t hash(const char *name)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *name; name++) h = (h ^ (unsigned char)*name) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

/* The slot of a name: its own, or the free one where it belongs. Needs a free slot. */
static size_t *find_slot(const VpCollector *c, size_t *slot, size_t n_slots, const char *name)
{
    size_t i = hash(name) & (n_slots - 1);
    while (slot[i] && strcmp(c->series[slot[i] - 1]->name, name)) i = (i + 1) & (n_slots - 1);
    return slot + i;
}

static VpSeries *find(const VpCollector *c, const char *name)
{
    if (!c->n_slots) return NULL;
    const size_t *slot = find_slot(c, c->slot, c->n_slots, name);
    return *slot ? c->series[*slot - 1] : NULL;
}

int vp_collector_open(VpCollector **collector)
{
    VpCollector *c = calloc(1, sizeof(*c));
    if (!c) return -ENOMEM;
    if (pthread_mutex_init(&c->lock, NULL)) {
        free(c);
        return -ENOMEM;
    }
    *collector = c;
    return 0;
}

void vp_collector_close(VpCollector *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->n_series; i++) {
        VpSeries *s = c->series[i];
        for (size_t k = 0; k < s->n_pages; k++) free(s->page[k]);
        free(s->page);
        free(s->name);
        free(s);
    }
    for (size_t i = 0; i < c->n_aggregates; i++) free(c->aggregate[i].name);
    free(c->aggregate);
    free(c->series);
    free(c->order);
    free(c->slot);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* Room for one more series: at most half of the slots are ever taken. */
static int grow(VpCollector *c)
{
    if (c->n_series < c->capacity) return 0;
    const size_t capacity = c->capacity ? 2 * c->capacity : 32, n_slots = 2 * capacity;
    VpSeries **series = realloc(c->series, capacity * sizeof(VpSeries *));
    if (!series) return -ENOMEM;
    c->series = series;
    VpSeries **order = realloc(c->order, capacity * sizeof(VpSeries *));
    if (!order) return -ENOMEM;
    c->order = order;
    size_t *slot = calloc(n_slots, sizeof(*slot));
    if (!slot) return -ENOMEM;
    for (size_t i = 0; i < c->n_series; i++) *find_slot(c, slot, n_slots, series[i]->name) = i + 1;
    free(c->slot);
    c->slot = slot;
    c->n_slots = n_slots;
    c->capacity = capacity;
    return 0;
}

static VpSeries *add(VpCollector *c, const char *name)
{
    if (grow(c)) return NULL;
    VpSeries *s = calloc(1, sizeof(*s));
    char *copy = vp_copy_text(name);
    if (!s || !copy) {
        free(copy);
        free(s);
        return NULL;
    }
    s->name = copy;
    *find_slot(c, c->slot, c->n_slots, name) = c->n_series + 1;
    c->series[c->n_series++] = s;
    return s;
}

int vp_collector_claim(VpCollector *c, const char *name, const void *owner, VpSeries **series)
{
    int rc = 0;
    pthread_mutex_lock(&c->lock);
    VpSeries *s = find(c, name);
    if (!s) s = add(c, name);
    if (!s) {
        rc = -ENOMEM;
    } else if (owner && s->owner && s->owner != owner) {
        rc = -EINVAL;
    } else {
        if (owner) s->owner = owner;
        *series = s;
    }
    pthread_mutex_unlock(&c->lock);
    return rc;
}

/* The page of a frame, made if it is new. */
static Page *get_page(VpSeries *s, unsigned index)
{
    const size_t k = index / PAGE;
    if (k >= s->n_pages) {
        size_t n = s->n_pages ? 2 * s->n_pages : 4;
        if (n <= k) n = k + 1;
        Page **page = realloc(s->page, n * sizeof(Page *));
        if (!page) return NULL;
        memset(page + s->n_pages, 0, (n - s->n_pages) * sizeof(Page *));
        s->page = page;
        s->n_pages = n;
    }
    if (!s->page[k]) s->page[k] = calloc(1, sizeof(Page));
    return s->page[k];
}

static int put(VpCollector *c, VpSeries *s, unsigned index, double value)
{
    Page *page = get_page(s, index);
    if (!page) return -ENOMEM;
    uint64_t *word = page->set + index % PAGE / 64;
    const uint64_t bit = (uint64_t)1 << index % 64;
    if (*word & bit) return -EINVAL;
    *word |= bit;
    page->value[index % PAGE] = value;
    if (!s->stored) c->order[c->n_order++] = s;
    s->stored = true;
    return 0;
}

static int get(const VpSeries *s, unsigned index, double *value)
{
    const size_t k = index / PAGE;
    if (!s || k >= s->n_pages || !s->page[k]) return -EINVAL;
    if (!(s->page[k]->set[index % PAGE / 64] >> index % 64 & 1)) return -EINVAL;
    *value = s->page[k]->value[index % PAGE];
    return 0;
}

int vp_collector_put(VpCollector *c, VpSeries *series, unsigned index, double value)
{
    pthread_mutex_lock(&c->lock);
    const int rc = put(c, series, index, value);
    pthread_mutex_unlock(&c->lock);
    return rc;
}

int vp_collector_get(VpCollector *c, const VpSeries *series, unsigned index, double *value)
{
    pthread_mutex_lock(&c->lock);
    const int rc = get(series, index, value);
    pthread_mutex_unlock(&c->lock);
    return rc;
}

int vp_collector_get_named(VpCollector *c, const char *name, unsigned index, double *value)
{
    pthread_mutex_lock(&c->lock);
    const int rc = get(find(c, name), index, value);
    pthread_mutex_unlock(&c->lock);
    return rc;
}

const char *vp_collector_name(VpCollector *c, unsigned i)
{
    pthread_mutex_lock(&c->lock);
    const char *name = i < c->n_order ? c->order[i]->name : NULL;
    pthread_mutex_unlock(&c->lock);
    return name;
}

static const Aggregate *find_aggregate(const VpCollector *c, const char *name)
{
    for (size_t i = 0; i < c->n_aggregates; i++)
        if (!strcmp(c->aggregate[i].name, name)) return c->aggregate + i;
    return NULL;
}

int vp_collector_put_aggregate(VpCollector *c, const char *name, double value)
{
    int rc = 0;
    pthread_mutex_lock(&c->lock);
    if (!find_aggregate(c, name)) {
        Aggregate *a = realloc(c->aggregate, (c->n_aggregates + 1) * sizeof(*a));
        if (a) c->aggregate = a;
        char *copy = vp_copy_text(name);
        if (a && copy) {
            a[c->n_aggregates++] = (Aggregate){copy, value};
        } else {
            free(copy);
            rc = -ENOMEM;
        }
    }
    pthread_mutex_unlock(&c->lock);
    return rc;
}

int vp_collector_get_aggregate(VpCollector *c, const char *name, double *value)
{
    pthread_mutex_lock(&c->lock);
    const Aggregate *a = find_aggregate(c, name);
    if (a) *value = a->value;
    pthread_mutex_unlock(&c->lock);
    return a ? 0 : -EINVAL;
}
