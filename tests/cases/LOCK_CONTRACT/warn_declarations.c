/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The declaration and the definition do not agree. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct Log {
    pthread_mutex_t lock;
    pthread_mutex_t file_lock;
    int lines;
};

void log_line(struct Log *l) HF_REQUIRES(&l->lock);
void HF_REQUIRES(&l->file_lock) log_line(struct Log *l) // expect: LOCK_CONTRACT
{
    l->lines++;
}

int log_flush(struct Log *l) HF_REQUIRES(&l->lock);
int HF_EXCLUDES(&l->file_lock) log_flush(struct Log *l) // expect: LOCK_CONTRACT
{
    l->lines = 0;
    return 0;
}

/* The same in both. */
void log_same(struct Log *l) HF_REQUIRES(&l->lock);
void HF_REQUIRES(&l->lock) log_same(struct Log *l)
{
    l->lines++;
}

/* One is enough. */
void log_once(struct Log *l) HF_REQUIRES(&l->lock);
void log_once(struct Log *l)
{
    l->lines++;
}
