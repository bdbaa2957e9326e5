/* SPDX-License-Identifier: MIT */
/* What every wrong file needs: a lock, its primitives, a guarded struct. */
#define HOLDFAST_SHORT_NAMES
#include <holdfast/annotations.h>

typedef struct CAPABILITY(mutex) Mutex {
    int held;
} Mutex;

void lock(Mutex *m) ACQUIRE(m);
void unlock(Mutex *m) RELEASE(m);
void rdlock(Mutex *m) ACQUIRE_SHARED(m);
void rdunlock(Mutex *m) RELEASE_SHARED(m);

typedef struct Stream {
    Mutex lock;
    int fd GUARDED_BY(&lock);
} Stream;

extern Mutex graph_lock;
extern Mutex other_lock;
