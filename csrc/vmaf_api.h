/* The C API of the embedded engine. The declarations live in .cdef files so that cffi and the C compiler read the
 * same text. Everything is hidden from other libraries of the process: build with -fvisibility=hidden. */
#ifndef VP_VMAF_API_H
#define VP_VMAF_API_H

#include <stddef.h>
#include <stdint.h>

#include "vmaf_api.cdef"
#include "vmafpy_ext.cdef"

#endif
