/* Which frame is extracted when, by whom, and in what order its scores are finished. */
#ifndef VP_ENGINE_SCHEDULE_H
#define VP_ENGINE_SCHEDULE_H

#include "engine/group.h"
#include "engine/picture.h"

typedef struct VpSchedule VpSchedule;

/* Where the scores of one distorted stream go. Lives until its vp_schedule_close(). */
typedef struct VpReceiver {
    VpGroups *groups;
    VpCollector *collector;
} VpReceiver;

/* stream->n_distorted receivers whose groups are equal, for as many distorted pictures that share each reference; the
 * groups must stay as they are until the receiver's vp_schedule_close(). n_threads 0: the work is done inside
 * vp_schedule_push(). n_subsample k: extractors that do not ask for every frame see the multiples of k. */
int vp_schedule_open(VpSchedule **schedule, const VpReceiver *receivers, const VpStream *stream, unsigned n_threads,
                     unsigned n_subsample);
/* Whether this is the schedule of n receivers now. */
bool vp_schedule_serves(const VpSchedule *schedule, unsigned n);
/* The next reference and a distorted picture for each receiver. Blocks while too many frames wait. On success one
 * reference of each is taken over; on error (also one that an earlier frame met on its thread: it stays) all remain
 * with the caller. */
int vp_schedule_push(VpSchedule *schedule, const VmafPicture *ref, const VmafPicture *dis);
/* Waits for all frames, drops every picture, and ends the sequences. */
int vp_schedule_finish(VpSchedule *schedule);
/* The same for receiver i alone, one of two or more: it is done with the schedule, even on error, and those behind it
 * move up by one place. */
int vp_schedule_finish_one(VpSchedule *schedule, unsigned i);
/* Once for each receiver, from any thread; NULL allowed. The first call ends the work: frames not begun are dropped,
 * no receiver is touched any more, and only this function may still be called. */
void vp_schedule_close(VpSchedule *schedule);

#endif
