/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not seen: the guarded member reached under another name. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <string.h>

struct counter {
    pthread_mutex_t lock;
    int value HF_GUARDED_BY(&lock);
};

/* the whole object at once */
void by_copy(struct counter *to, const struct counter *from)
{
    memcpy(to, from, sizeof(*to)); // known-limit: GUARDED_BY
}
