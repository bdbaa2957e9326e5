/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Nobody else has the object before its lock is set up, after it is
 * destroyed, or once its last user lets go. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdlib.h>

struct session {
    pthread_mutex_t lock;
    int refs; /* atomic */
    char *out HF_GUARDED_BY(&lock);
};

void session_set_up(struct session *s)
{
    s->out = NULL; // expect-low: GUARDED_BY
    pthread_mutex_init(&s->lock, NULL);
}

void session_unref(struct session *s)
{
    if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        free(s->out); // expect-low: GUARDED_BY
        free(s);
    }
}

void session_end(struct session *s)
{
    free(s->out); // expect-low: GUARDED_BY
    pthread_mutex_destroy(&s->lock);
}
