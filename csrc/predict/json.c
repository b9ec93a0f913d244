#include "predict/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

void vp_json_init(VpJson *j, const char *text, size_t n)
{
    *j = (VpJson){.at = text, .end = text + n};
}

void vp_json_fail(VpJson *j, int error)
{
    if (!j->error) j->error = error;
    j->at = j->end;
}

static void skip_blanks(VpJson *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r')) j->at++;
}

char vp_json_peek(VpJson *j)
{
    skip_blanks(j);
    if (j->at == j->end) return '\0';
    if (*j->at == '-' || (*j->at >= '0' && *j->at <= '9')) return '0';
    return *j->at;
}

/* Reads one byte that has to be there. */
static void expect(VpJson *j, char c)
{
    skip_blanks(j);
    if (j->at < j->end && *j->at == c)
        j->at++;
    else
        vp_json_fail(j, -EINVAL);
}

void vp_json_begin(VpJson *j, char bracket)
{
    expect(j, bracket);
    if (j->depth == VP_JSON_DEPTH) vp_json_fail(j, -EINVAL);
    if (j->error) return;
    j->close[j->depth] = bracket == '{' ? '}' : ']';
    j->first[j->depth++] = true;
}

bool vp_json_next(VpJson *j)
{
    if (j->error) return false;
    const int top = j->depth - 1;
    if (vp_json_peek(j) == j->close[top]) {
        j->at++;
        j->depth--;
        return false;
    }
    if (!j->first[top]) {
        expect(j, ',');
        if (vp_json_peek(j) == j->close[top]) vp_json_fail(j, -EINVAL);
    }
    j->first[top] = false;
    return !j->error;
}

static int hex4(const char *s, const char *end)
{
    int code = 0;
    if (end - s < 4) return -1;
    for (int i = 0; i < 4; i++) {
        const char c = s[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return -1;
        code = 16 * code + digit;
    }
    return code;
}

/* The bytes of the UTF-8 character at s, 0 if it is none. */
static int utf8_length(const char *s, const char *end)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80) return 1;
    const int n = u[0] >= 0xc2 && u[0] <= 0xdf   ? 2
                  : u[0] >= 0xe0 && u[0] <= 0xef ? 3
                  : u[0] >= 0xf0 && u[0] <= 0xf4 ? 4
                                                 : 0;
    if (!n || end - s < n) return 0;
    for (int i = 1; i < n; i++)
        if (u[i] < 0x80 || u[i] > 0xbf) return 0;
    if (u[0] == 0xe0 && u[1] < 0xa0) return 0; /* could be shorter */
    if (u[0] == 0xed && u[1] > 0x9f) return 0; /* surrogate */
    if (u[0] == 0xf0 && u[1] < 0x90) return 0; /* could be shorter */
    if (u[0] == 0xf4 && u[1] > 0x8f) return 0; /* beyond Unicode */
    return n;
}

static int put_utf8(int code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 63));
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63));
    out[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* Reads what follows a backslash and puts its UTF-8 into out[4]. The number of bytes, 0 if it is no escape or the zero
 * byte, which no C string can hold. */
static int read_escape(VpJson *j, char *out)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (j->at == j->end) return 0;
    const char c = *j->at++;
    if (c != 'u') {
        const char *letter = c ? strchr(letters, c) : NULL;
        if (!letter) return 0;
        out[0] = bytes[letter - letters];
        return 1;
    }
    int code = hex4(j->at, j->end);
    if (code <= 0 || (code >= 0xdc00 && code <= 0xdfff)) return 0;
    j->at += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (j->end - j->at < 6 || j->at[0] != '\\' || j->at[1] != 'u') return 0;
        const int low = hex4(j->at + 2, j->end);
        if (low < 0xdc00 || low > 0xdfff) return 0;
        j->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return put_utf8(code, out);
}

/* Reads a string into out, of at most `room` bytes, and returns its length, which may be more. */
static size_t read_string(VpJson *j, char *out, size_t room)
{
    size_t length = 0;
    expect(j, '"');
    while (!j->error) {
        char bytes[4];
        int n;
        if (j->at == j->end) break;
        const unsigned char c = (unsigned char)*j->at;
        if (c == '"') {
            j->at++;
            return length;
        }
        if (c == '\\') {
            j->at++;
            n = read_escape(j, bytes);
        } else {
            n = c < 0x20 ? 0 : utf8_length(j->at, j->end);
            memcpy(bytes, j->at, (size_t)n);
            j->at += n;
        }
        if (!n) break;
        if (length + (size_t)n <= room) memcpy(out + length, bytes, (size_t)n);
        length += (size_t)n;
    }
    vp_json_fail(j, -EINVAL);
    return 0;
}

void vp_json_key(VpJson *j, char *key, size_t size)
{
    const size_t n = read_string(j, key, size - 1);
    key[n < size ? n : 0] = '\0';
    expect(j, ':');
}

char *vp_json_string(VpJson *j)
{
    VpJson measure = *j; /* twice over the text, so that the copy is as long as the string and no longer */
    const size_t n = read_string(&measure, NULL, 0);
    if (measure.error) {
        vp_json_fail(j, measure.error);
        return NULL;
    }
    char *copy = malloc(n + 1);
    if (!copy) {
        vp_json_fail(j, -ENOMEM);
        return NULL;
    }
    read_string(j, copy, n);
    copy[n] = '\0';
    return copy;
}

const char *vp_json_number_text(VpJson *j, size_t *n)
{
    skip_blanks(j);
    const char *s = j->at, *digit = s + (s < j->end && *s == '-');
    *n = vp_number_length(s, (size_t)(j->end - s));
    const char *end = s + *n;
    /* JSON wants a digit first, no leading zeros, and a digit after the point */
    bool bad = digit >= end || *digit < '0' || *digit > '9';
    bad = bad || (*digit == '0' && digit + 1 < end && digit[1] >= '0' && digit[1] <= '9');
    const char *point = bad ? NULL : memchr(s, '.', *n);
    bad = bad || (point && (point + 1 == end || point[1] < '0' || point[1] > '9'));
    if (bad) {
        vp_json_fail(j, -EINVAL);
        *n = 0;
        return "";
    }
    j->at = end;
    return s;
}

double vp_json_number(VpJson *j)
{
    size_t n;
    double value = 0;
    const char *text = vp_json_number_text(j, &n);
    const int rc = j->error ? 0 : vp_number_parse(text, n, &value);
    if (rc) vp_json_fail(j, rc);
    return value;
}

static void word(VpJson *j, const char *text)
{
    const size_t n = strlen(text);
    if ((size_t)(j->end - j->at) >= n && !memcmp(j->at, text, n))
        j->at += n;
    else
        vp_json_fail(j, -EINVAL);
}

bool vp_json_bool(VpJson *j)
{
    const bool value = vp_json_peek(j) == 't';
    word(j, value ? "true" : "false");
    return value && !j->error;
}

void vp_json_null(VpJson *j)
{
    skip_blanks(j);
    word(j, "null");
}

void vp_json_skip(VpJson *j)
{
    size_t n;
    const char c = vp_json_peek(j);
    switch (c) {
    case '{':
    case '[':
        vp_json_begin(j, c);
        while (vp_json_next(j)) {
            if (c == '{') {
                read_string(j, NULL, 0);
                expect(j, ':');
            }
            vp_json_skip(j);
        }
        break;
    case '"': read_string(j, NULL, 0); break;
    case '0': vp_json_number_text(j, &n); break;
    case 't':
    case 'f': vp_json_bool(j); break;
    case 'n': vp_json_null(j); break;
    default: vp_json_fail(j, -EINVAL);
    }
}

int vp_json_end(VpJson *j)
{
    if (!j->error && (vp_json_peek(j) || j->at != j->end || j->depth)) vp_json_fail(j, -EINVAL);
    return j->error;
}
