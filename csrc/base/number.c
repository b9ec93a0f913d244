#define _POSIX_C_SOURCE 200809L

#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__APPLE__)
#include <xlocale.h>
#endif

enum { NUMBER_SIZE = 512 }; /* bytes of the longest number taken, with its end */

/* strtod() and printf() follow the locale of the thread, which the program may have set. */
typedef struct {
    locale_t c, old;
} PlainLocale;

static int plain_enter(PlainLocale *l)
{
    l->c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!l->c) return -ENOMEM;
    l->old = uselocale(l->c);
    return 0;
}

static void plain_leave(PlainLocale *l)
{
    uselocale(l->old);
    freelocale(l->c);
}

static size_t digits(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] >= '0' && text[i] <= '9') i++;
    return i;
}

size_t vp_number_length(const char *text, size_t n)
{
    size_t i = n && (text[0] == '-' || text[0] == '+');
    const size_t whole = digits(text + i, n - i);
    size_t fraction = 0;
    i += whole;
    if (i < n && text[i] == '.') {
        fraction = digits(text + i + 1, n - i - 1);
        i += 1 + fraction;
    }
    if (!whole && !fraction) return 0;
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        size_t e = i + 1;
        if (e < n && (text[e] == '-' || text[e] == '+')) e++;
        const size_t exponent = digits(text + e, n - e);
        if (exponent) i = e + exponent;
    }
    return i;
}

int vp_number_parse(const char *text, size_t n, double *out)
{
    char copy[NUMBER_SIZE];
    if (!n || n >= sizeof(copy) || vp_number_length(text, n) != n) return -EINVAL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    PlainLocale plain;
    if (plain_enter(&plain)) return -ENOMEM;
    const double value = strtod(copy, NULL);
    plain_leave(&plain);
    if (!isfinite(value)) return -EINVAL;
    *out = value;
    return 0;
}

int vp_number_parse_option(const char *text, double *out)
{
    const size_t n = strlen(text);
    if (!n || n >= NUMBER_SIZE || vp_number_length(text, n) != n) return -EINVAL;
    PlainLocale plain;
    if (plain_enter(&plain)) return -ENOMEM;
    char six_digits[32];
    snprintf(six_digits, sizeof(six_digits), "%g", strtof(text, NULL));
    const double value = strtod(six_digits, NULL);
    plain_leave(&plain);
    if (!isfinite(value)) return -EINVAL;
    *out = value;
    return 0;
}

int vp_number_print(char *out, size_t size, double value)
{
    PlainLocale plain;
    if (plain_enter(&plain)) return -ENOMEM;
    const int n = snprintf(out, size, "%g", value);
    plain_leave(&plain);
    return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}
