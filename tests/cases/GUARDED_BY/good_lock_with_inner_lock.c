// profile: pthread
// A lock made of a lock and a state: the inner one guards the state, and
// taking it is not taking the outer one.
#define HOLDFAST_SHORT_NAMES
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>

struct CAPABILITY(sleeplock) sleeplock {
    pthread_mutex_t guard;
    bool locked GUARDED_BY(&guard);
    int waiters GUARDED_BY(&guard);
};

void sleep_until_woken(void);
void wake_one(void);

bool sleeplock_busy(struct sleeplock *l)
{
    bool busy;

    pthread_mutex_lock(&l->guard);
    busy = l->locked;
    pthread_mutex_unlock(&l->guard);
    return busy;
}

void sleeplock_note(struct sleeplock *l)
{
    pthread_mutex_lock(&l->guard);
    l->waiters++;
    pthread_mutex_unlock(&l->guard);
}
