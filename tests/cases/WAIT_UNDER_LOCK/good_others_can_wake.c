// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

/* Waits under a lock that end all the same. */

static pthread_mutex_t config = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static sem_t started, ticks;
static int length, reloads, beats;
static pthread_t helper_thread, timer_thread;

/* Takes no lock before it posts. */
static void *helper(void *unused)
{
    sem_post(&started);
    pthread_mutex_lock(&queue);
    length++;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&queue);
    return unused;
}

/* One of two wakers needs the lock. */
static void *timer(void *unused)
{
    sem_post(&ticks);
    pthread_mutex_lock(&config);
    beats++;
    sem_post(&ticks);
    pthread_mutex_unlock(&config);
    return unused;
}

static void start(void)
{
    pthread_mutex_lock(&config);
    pthread_create(&helper_thread, NULL, helper, NULL);
    sem_wait(&started);
    reloads++;
    pthread_mutex_unlock(&config);
}

/* The wait gives its own lock back, and the other is not the signaller's. */
static void take_one(void)
{
    pthread_mutex_lock(&config);
    pthread_mutex_lock(&queue);
    while (!length) {
        pthread_cond_wait(&more, &queue);
    }
    length--;
    pthread_mutex_unlock(&queue);
    reloads++;
    pthread_mutex_unlock(&config);
}

/* The end of a thread that does without the lock; and with a limit. */
static void finish(void)
{
    struct timespec soon = { 0, 0 };

    pthread_mutex_lock(&config);
    pthread_join(helper_thread, NULL);
    sem_wait(&ticks);
    while (sem_timedwait(&ticks, &soon) != 0) {
        soon.tv_sec++;
    }
    reloads++;
    pthread_mutex_unlock(&config);
    pthread_join(timer_thread, NULL);
}

int main(void)
{
    sem_init(&started, 0, 0);
    sem_init(&ticks, 0, 0);
    pthread_create(&timer_thread, NULL, timer, NULL);
    start();
    take_one();
    finish();
    return 0;
}
