#include "feature/extractor.h"

#include <string.h>

const VpExtractor *vp_extractor_by_name(const char *name)
{
    for (const VpExtractor *const *e = vp_extractors; *e; e++)
        if (!strcmp((*e)->name, name)) return *e;
    return NULL;
}

const VpExtractor *vp_extractor_by_output(const char *output)
{
    for (const VpExtractor *const *e = vp_extractors; *e; e++)
        for (const VpOutput *o = (*e)->outputs; o->name; o++)
            if (!(o->flags & VP_OUT_HIDDEN) && !strcmp(o->name, output)) return *e;
    return NULL;
}

int vp_extractor_n_outputs(const VpExtractor *extractor)
{
    int n = 0;
    while (extractor->outputs[n].name) n++;
    return n;
}
