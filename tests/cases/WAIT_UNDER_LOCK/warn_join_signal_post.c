// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>
#include <semaphore.h>

/* What is waited for needs the lock that is held meanwhile. */

static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static sem_t done;
static int quit, full, posted;
static pthread_t worker_thread, filler_thread, poster_thread;

static void *worker(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&state);
        if (quit) {
            pthread_mutex_unlock(&state);
            return unused;
        }
        pthread_mutex_unlock(&state);
    }
}

static void stop(void)
{
    pthread_mutex_lock(&state);
    quit = 1;
    pthread_join(worker_thread, NULL); // expect: WAIT_UNDER_LOCK
    pthread_mutex_unlock(&state);
}

static void *filler(void *unused)
{
    pthread_mutex_lock(&state);
    pthread_mutex_lock(&inner);
    full = 1;
    pthread_cond_signal(&ready);
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&state);
    return unused;
}

static void wait_until_full(void)
{
    pthread_mutex_lock(&state);
    pthread_mutex_lock(&inner);
    while (!full) {
        pthread_cond_wait(&ready, &inner); // expect: WAIT_UNDER_LOCK
    }
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&state);
}

static void *poster(void *unused)
{
    pthread_mutex_lock(&state);
    posted++;
    pthread_mutex_unlock(&state);
    sem_post(&done);
    return unused;
}

static void sync_all(void)
{
    sem_wait(&done);
}

static void flush(void)
{
    pthread_mutex_lock(&state);
    sync_all(); // expect: WAIT_UNDER_LOCK
    pthread_mutex_unlock(&state);
}

int main(void)
{
    sem_init(&done, 0, 0);
    pthread_create(&worker_thread, NULL, worker, NULL);
    pthread_create(&filler_thread, NULL, filler, NULL);
    pthread_create(&poster_thread, NULL, poster, NULL);
    wait_until_full();
    flush();
    stop();
    return 0;
}
