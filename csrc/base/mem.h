/* Memory: aligned and size-checked for kernels, plain for text. */
#ifndef VP_BASE_MEM_H
#define VP_BASE_MEM_H

#include <stddef.h>

#define VP_ALIGN 64 /* bytes: a cache line, a 512-bit vector */

/* n * size bytes, aligned to VP_ALIGN, rounded up to a multiple of it; NULL if n * size overflows or there is no
 * memory. Content undefined. Release with vp_free(). */
void *vp_alloc(size_t n, size_t size);
void *vp_calloc(size_t n, size_t size); /* the same, zeroed */
void vp_free(void *p);                  /* NULL allowed */

/* A copy of a string; NULL: no memory. Release with free(). */
char *vp_copy_text(const char *text);

#endif
