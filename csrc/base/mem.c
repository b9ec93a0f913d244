#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *vp_alloc(size_t n, size_t size)
{
    if (size && n > (SIZE_MAX - VP_ALIGN) / size) return NULL;
    const size_t bytes = (n * size + VP_ALIGN - 1) / VP_ALIGN * VP_ALIGN;
    return aligned_alloc(VP_ALIGN, bytes ? bytes : VP_ALIGN);
}

void *vp_calloc(size_t n, size_t size)
{
    void *p = vp_alloc(n, size);
    if (p) memset(p, 0, n * size);
    return p;
}

void vp_free(void *p)
{
    free(p);
}

char *vp_copy_text(const char *text)
{
    const size_t n = strlen(text) + 1;
    char *copy = malloc(n);
    if (copy) memcpy(copy, text, n);
    return copy;
}
