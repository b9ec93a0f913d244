/* What a feature extractor is.
 *
 * An extractor turns a pair of pictures into scores in two steps. `extract` is a pure function of the pictures of a
 * frame (and of the few frames before it that it asks for): any worker may run it on any frame in any order, each
 * worker with a state of its own. `next`, for the extractors that need it, sees the rows of all frames in order, one
 * at a time, and is cheap.
 *
 * All option sets of one extractor that a context needs (standard and NEG, say) are opened together as *variants* of
 * one state, so that an extractor can share work between them. */
#ifndef VP_FEATURE_EXTRACTOR_H
#define VP_FEATURE_EXTRACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/plane.h"

typedef enum { VP_BOOL, VP_INT, VP_DOUBLE, VP_STRING } VpOptionType;

typedef struct VpOption {
    const char *name; /* NULL ends the table */
    const char *tag;  /* short name inside score names; NULL: never part of a score name */
    VpOptionType type;
    size_t offset;    /* in the extractor's options struct: bool, int, double, or char[VP_STRING_SIZE] */
    double def;       /* bool, int, double */
    double min, max;  /* int, double */
    const char *def_string;
    const char *const *allowed; /* string: NULL-terminated list of accepted values; NULL: any */
} VpOption;

enum { VP_STRING_SIZE = 512 };

typedef struct VpOutput {
    const char *name;  /* NULL ends the table. As models name it */
    const char *alias; /* as reports print it, and as the stem of names with options; NULL: name */
    unsigned flags;
} VpOutput;

enum {
    VP_OUT_HIDDEN = 1, /* carried from `extract` to `next` only, never a score */
    VP_OUT_BARE = 2,   /* never takes the suffix of options */
};

/* Frame `index`: ref[0], dis[0]; the frame k earlier: ref[k], dis[k], NULL before the first frame of the stream or
 * where the extractor's history does not ask for it. */
enum { VP_HISTORY = 2 };
typedef struct VpFrames {
    unsigned index;
    const VpPicture *ref[1 + VP_HISTORY], *dis[1 + VP_HISTORY];
} VpFrames;

/* The outputs of one frame, variants outer. A value that was not set gives no score. */
typedef union VpValue {
    double f;
    uint64_t u; /* hidden outputs may carry integers */
} VpValue;
typedef struct VpRow {
    VpValue *value;
    bool *set;
    int n_outputs;
} VpRow;

static inline void vp_row_put(VpRow *row, int variant, int output, double value)
{
    const int i = variant * row->n_outputs + output;
    row->value[i].f = value;
    row->set[i] = true;
}

static inline void vp_row_carry(VpRow *row, int variant, int output, uint64_t value)
{
    const int i = variant * row->n_outputs + output;
    row->value[i].u = value;
    row->set[i] = true;
}

static inline VpValue vp_row_get(const VpRow *row, int variant, int output)
{
    return row->value[variant * row->n_outputs + output];
}

static inline void vp_row_copy(VpRow *to, const VpRow *from, int variants)
{
    const size_t n = (size_t)(variants * from->n_outputs);
    memcpy(to->value, from->value, n * sizeof *to->value);
    memcpy(to->set, from->set, n * sizeof *to->set);
}

/* Where `next` and `finish` put scores. Both calls return 0 or a negative errno. */
typedef struct VpSink {
    void *self;
    int (*score)(void *self, int variant, int output, unsigned index, double value);
    int (*aggregate)(void *self, const char *name, double value); /* of the whole sequence; first one wins */
} VpSink;

typedef struct VpExtractor {
    const char *name;
    const VpOption *options;
    size_t options_size; /* of the struct the table describes; 0: no options */
    const VpOutput *outputs;
    bool every_frame; /* frame subsampling does not skip it */

    /* Earlier frames needed, each 0 to VP_HISTORY. NULL: none. */
    void (*history)(const void *options, int *ref, int *dis);
    /* 0, or -EINVAL if this stream cannot be scored with these options: too small, no chroma, undefined depth,
     * option values that contradict one another. NULL: any stream can. */
    int (*check)(const VpStream *stream, const void *options);

    /* State of one worker. options: n structs, each already checked. */
    int (*open)(const VpStream *stream, const void *const *options, int n, void **worker);
    int (*extract)(void *worker, const VpFrames *frames, VpRow *row);
    /* The same for the n distorted pictures, at most stream->n_distorted, that share a reference: frames[i].ref and
     * .index are the same for all i, row[i] belongs to frames[i]. For extractors that keep what they know of the
     * reference; NULL: extract() for each. */
    int (*extract_several)(void *worker, const VpFrames *frames, int n, VpRow *row);
    void (*close)(void *worker); /* NULL allowed */

    /* The ordered step. All NULL: every value set in a row is a score of its frame. Frames come as 0, 1, 2, ...
     * (with subsampling and not every_frame, only the multiples); a frame whose extraction failed ends the stream. */
    int (*begin)(const VpStream *stream, const void *const *options, int n, void **sequence);
    int (*next)(void *sequence, unsigned index, const VpRow *row, const VpSink *sink);
    int (*finish)(void *sequence, unsigned n_frames, const VpSink *sink);
    void (*end)(void *sequence); /* NULL allowed */
} VpExtractor;

/* The extractors in search order, ended by NULL. */
extern const VpExtractor *const vp_extractors[];
const VpExtractor *vp_extractor_by_name(const char *name);     /* NULL: unknown */
const VpExtractor *vp_extractor_by_output(const char *output); /* first that lists it, hidden ones aside */
int vp_extractor_n_outputs(const VpExtractor *extractor);

#endif
