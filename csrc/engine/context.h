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
    VpSchedule *schedule; /* from the first pair of pictures on */
    VmafPicture form;     /* of that pair; no reference */
    unsigned n_frames;
    bool flushed;
};

/* 0, or -EINVAL for no context, or -ECANCELED in a child whose parent had the threads. */
int vp_context_check(const VmafContext *vmaf);

#endif
