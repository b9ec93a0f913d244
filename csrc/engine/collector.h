/* Scores by name and frame. Every call may come from any thread. */
#ifndef VP_ENGINE_COLLECTOR_H
#define VP_ENGINE_COLLECTOR_H

#include <stddef.h>

typedef struct VpCollector VpCollector;
typedef struct VpSeries VpSeries; /* the scores of one name; lives as long as its collector */

int vp_collector_open(VpCollector **collector);
void vp_collector_close(VpCollector *collector); /* NULL allowed */

/* The series of a name, made if it is new. An owner (NULL: none) keeps the name from other owners. 0, -EINVAL if another
 * one has it, or -ENOMEM. */
int vp_collector_claim(VpCollector *collector, const char *name, const void *owner, VpSeries **series);
/* 0, -EINVAL if this frame has a value already, or -ENOMEM. */
int vp_collector_put(VpCollector *collector, VpSeries *series, unsigned index, double value);
/* 0, or -EINVAL if there is none. */
int vp_collector_get(VpCollector *collector, const VpSeries *series, unsigned index, double *value);
int vp_collector_get_named(VpCollector *collector, const char *name, unsigned index, double *value);

/* The names that hold a value, in the order of their first; NULL past the last. */
const char *vp_collector_name(VpCollector *collector, unsigned i);

/* Values of the whole sequence. The first of a name stays. */
int vp_collector_put_aggregate(VpCollector *collector, const char *name, double value);
int vp_collector_get_aggregate(VpCollector *collector, const char *name, double *value);

#endif
