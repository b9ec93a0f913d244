/* A strict JSON (RFC 8259) reader over text in memory. It walks the text once and builds nothing.
 *
 *     vp_json_begin(&j, '{');
 *     while (vp_json_next(&j)) {
 *         vp_json_key(&j, key, sizeof(key));
 *         if (!strcmp(key, "rate")) rate = vp_json_number(&j);
 *         else vp_json_skip(&j);
 *     }
 *     error = vp_json_end(&j);
 *
 * The first error stays: from then on vp_json_next() is false and every value is empty, so that loops end by
 * themselves and one check at the end is enough. */
#ifndef VP_PREDICT_JSON_H
#define VP_PREDICT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VP_JSON_DEPTH = 32 };

typedef struct VpJson {
    const char *at, *end;
    int error; /* 0, -EINVAL or -ENOMEM */
    int depth;
    char close[VP_JSON_DEPTH];
    bool first[VP_JSON_DEPTH]; /* nothing of this object or array was read yet */
} VpJson;

void vp_json_init(VpJson *j, const char *text, size_t n);
void vp_json_fail(VpJson *j, int error);
/* The next token without reading it: one of { [ " 0 (a number) t f n, or \0 at the end or after an error. */
char vp_json_peek(VpJson *j);

void vp_json_begin(VpJson *j, char bracket); /* { or [ */
/* Whether another member follows; its key or value is next. Reads the closing bracket if none does. */
bool vp_json_next(VpJson *j);
/* The key of a member; empty if it does not fit. */
void vp_json_key(VpJson *j, char *key, size_t size);

double vp_json_number(VpJson *j);
/* The text of a number, in place. */
const char *vp_json_number_text(VpJson *j, size_t *n);
bool vp_json_bool(VpJson *j);
void vp_json_null(VpJson *j);
/* New, UTF-8, without zero bytes; NULL after an error. */
char *vp_json_string(VpJson *j);
void vp_json_skip(VpJson *j); /* any value */

/* Nothing but blanks may follow. 0 or the error. */
int vp_json_end(VpJson *j);

#endif
