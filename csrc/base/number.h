/* Numbers as text, the same in every locale. */
#ifndef VP_BASE_NUMBER_H
#define VP_BASE_NUMBER_H

#include <stddef.h>

/* The bytes of `text` (of at most n) that form a decimal number: sign, digits, point, exponent. 0: none. Hexadecimal,
 * infinities and NaN are no numbers here. */
size_t vp_number_length(const char *text, size_t n);
/* The n bytes of `text`, all of them one number. 0; -EINVAL if they are not or if it is too large; -ENOMEM. */
int vp_number_parse(const char *text, size_t n, double *out);
/* The same, rounded as libvmaf rounds option values: to float32, then to six significant digits. */
int vp_number_parse_option(const char *text, double *out);
/* printf's %g. 0, -ENOSPC, or -ENOMEM. */
int vp_number_print(char *out, size_t size, double value);

#endif
