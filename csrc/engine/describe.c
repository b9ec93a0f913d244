#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "engine/group.h"
#include "engine/picture.h"

static const VpExtractor *extractor_at(unsigned i)
{
    for (unsigned k = 0; vp_extractors[k]; k++)
        if (k == i) return vp_extractors[k];
    return NULL;
}

const char *vmafpy_extractor_name(unsigned extractor)
{
    const VpExtractor *e = extractor_at(extractor);
    return e ? e->name : NULL;
}

int vmafpy_extractor_output(unsigned extractor, unsigned output, VmafpyOutput *out)
{
    const VpExtractor *e = extractor_at(extractor);
    for (const VpOutput *o = e ? e->outputs : NULL; out && o && o->name; o++)
        if (!(o->flags & VP_OUT_HIDDEN) && !output--) {
            *out = (VmafpyOutput){o->name, o->alias ? o->alias : o->name};
            return 0;
        }
    return -EINVAL;
}

static const char *type_name(VpOptionType type)
{
    switch (type) {
    case VP_BOOL: return "bool";
    case VP_INT: return "int";
    case VP_DOUBLE: return "double";
    case VP_STRING: return "string";
    }
    return "";
}

int vmafpy_extractor_option(unsigned extractor, unsigned option, VmafpyOption *out)
{
    const VpExtractor *e = extractor_at(extractor);
    for (const VpOption *o = e ? e->options : NULL; out && o && o->name; o++)
        if (!option--) {
            *out = (VmafpyOption){
                .name = o->name,
                .tag = o->tag,
                .type = type_name(o->type),
                .default_string = o->type == VP_STRING && o->def_string ? o->def_string : "",
                .default_value = o->type == VP_STRING ? 0 : o->def,
                .min = o->min,
                .max = o->max,
            };
            return 0;
        }
    return -EINVAL;
}

int vmafpy_extractor_check(const char *extractor, const VmafFeatureDictionary *opts_dict,
                           enum VmafPixelFormat pix_fmt, unsigned bpc, unsigned w, unsigned h)
{
    const VpExtractor *e = extractor ? vp_extractor_by_name(extractor) : NULL;
    if (!e || !vp_picture_known_form(pix_fmt, bpc, w, h)) return -EINVAL;
    void *options;
    int rc = vp_options_parse(e, opts_dict, &options);
    if (rc) return rc;
    const VpStream stream = {.w = (int)w, .h = (int)h, .bpc = (int)bpc, .pix_fmt = pix_fmt, .n_distorted = 1};
    rc = e->check ? e->check(&stream, options) : 0;
    free(options);
    return rc;
}

int vmafpy_score_name(const char *extractor, const char *output, const VmafFeatureDictionary *opts_dict, char *name,
                      size_t size)
{
    const VpExtractor *e = extractor ? vp_extractor_by_name(extractor) : NULL;
    const VpOutput *o = e ? e->outputs : NULL;
    if (!o || !output || !name) return -EINVAL;
    while (o->name && (strcmp(o->name, output) || (o->flags & VP_OUT_HIDDEN))) o++;
    if (!o->name) return -EINVAL;
    void *options;
    char suffix[VP_NAME_SIZE];
    int rc = vp_options_parse(e, opts_dict, &options);
    if (rc) return rc;
    rc = vp_options_suffix(e, options, suffix, sizeof(suffix));
    free(options);
    return rc ? rc : vp_score_name(o, suffix, name, size);
}

uint64_t vmafpy_cpu_levels(void)
{
    const unsigned cpu = vp_cpu_detect();
    uint64_t bits = 0;
    for (uint64_t bit = 1; bit <= 32; bit *= 2)
        if (vp_cpu_mask(cpu, bit) != cpu) bits |= bit;
    return bits;
}
