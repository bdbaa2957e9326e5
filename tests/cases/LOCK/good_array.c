/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Elements of an array of locks: which of them is which cannot be told. */
#include <pthread.h>

#define N 8

static pthread_mutex_t fixed[N];
extern pthread_mutex_t *many;
static int counts[N];

static void fixed_unlock(int i)
{
    pthread_mutex_unlock(&fixed[i]);
}

void both(int i, int k)
{
    pthread_mutex_lock(&fixed[i]);
    pthread_mutex_lock(&fixed[k]);
    counts[i]++;
    counts[k]--;
    fixed_unlock(k);
    fixed_unlock(i);
}

void hashed(unsigned i, unsigned k)
{
    pthread_mutex_lock(&many[i & 3]);
    pthread_mutex_lock(&many[k & 3]);
    pthread_mutex_unlock(&many[k & 3]);
    pthread_mutex_unlock(&many[i & 3]);
}

void one_after_the_other(void)
{
    for (int i = 0; i < N; i++) {
        pthread_mutex_lock(&fixed[i]);
        if (counts[i] == 0) {
            pthread_mutex_unlock(&fixed[i]);
            continue;
        }
        counts[i] = 0;
        pthread_mutex_unlock(&fixed[i]);
    }
}
