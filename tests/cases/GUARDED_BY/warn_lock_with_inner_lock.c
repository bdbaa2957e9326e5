// profile: pthread
#define HOLDFAST_SHORT_NAMES
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>

struct CAPABILITY(sleeplock) sleeplock {
    pthread_mutex_t guard;
    bool locked GUARDED_BY(&guard);
};

bool sleeplock_busy(struct sleeplock *l)
{
    return l->locked; // expect: GUARDED_BY
}

void sleeplock_clear(struct sleeplock *l)
{
    pthread_mutex_lock(&l->guard);
    l->locked = false;
    pthread_mutex_unlock(&l->guard);
}
