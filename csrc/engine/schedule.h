/* Which frame is extracted when, by whom, and in what order its scores are finished. */
#ifndef VP_ENGINE_SCHEDULE_H
#define VP_ENGINE_SCHEDULE_H

#include "engine/group.h"
#include "engine/picture.h"

typedef struct VpSchedule VpSchedule;

/* n_threads 0: the work is done inside vp_schedule_push(). n_subsample k: extractors that do not ask for every frame
 * see the multiples of k. The groups must stay as they are until vp_schedule_close(). */
int vp_schedule_open(VpSchedule **schedule, VpGroups *groups, const VpStream *stream, VpCollector *collector,
                     unsigned n_threads, unsigned n_subsample);
/* The next pair of pictures. Blocks while too many frames wait. On success one reference of each is taken over; on
 * error (also one that an earlier frame met on its thread: it stays) both remain with the caller. */
int vp_schedule_push(VpSchedule *schedule, const VmafPicture *ref, const VmafPicture *dis);
/* Waits for all frames, drops every picture, and ends the sequences. */
int vp_schedule_finish(VpSchedule *schedule);
/* Frames not begun are dropped. NULL allowed. */
void vp_schedule_close(VpSchedule *schedule);

#endif
