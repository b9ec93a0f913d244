/* What a VmafContext is. */
#ifndef VP_ENGINE_CONTEXT_H
#define VP_ENGINE_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/binding.h"
#include "engine/collector.h"
#include "engine/group.h"
#include "engine/schedule.h"

struct VmafContext {
    VmafConfiguration cfg;
    long pid; /* threads do not follow into a forked child */
    atomic_flag busy;
    VpGroups groups;
    VpCollector *collector;
    VpBindings bindings;
    VpSchedule *schedule; /* from the first pictures on; shared by the contexts that are fed together,
                           * and left by one that is flushed before the others */
    unsigned place;       /* among those */
    VmafPicture form;     /* of the first pictures; no reference */
    unsigned n_frames;
    bool flushed;
};

/* 0, or -EINVAL for no context, or -ECANCELED in a child whose parent had the threads. */
int vp_context_check(const VmafContext *vmaf);

#endif
