/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Many threads, each with an object of its own: what is done to it before its
 * thread is there, and after that has been joined, needs no lock. */
#include <pthread.h>
#include <stdlib.h>

struct worker {
    pthread_mutex_t lock;
    pthread_t thread;
    int started;
    int jobs;
    int quit;
};

static struct worker workers[8];
static int n_workers;

static int take_job(struct worker *w)
{
    int n;

    pthread_mutex_lock(&w->lock);
    n = w->jobs;
    if (n > 0) {
        w->jobs--;
    }
    pthread_mutex_unlock(&w->lock);
    return n;
}

static void *work(void *opaque)
{
    struct worker *w = opaque;

    while (take_job(w)) {
    }
    pthread_mutex_lock(&w->lock);
    w->quit = 1;
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void start_all(void)
{
    for (int i = 0; i < n_workers; i++) {
        struct worker *w = &workers[i];

        w->jobs = 10; // expect-low: MISSING_LOCK
        w->started = !pthread_create(&w->thread, NULL, work, w);
    }
}

static void add_job(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->jobs++;
    pthread_mutex_unlock(&w->lock);
}

static void stop_all(void)
{
    for (int i = 0; i < n_workers; i++) {
        struct worker *w = &workers[i];

        if (w->started) {
            pthread_join(w->thread, NULL);
        }
    }
    for (int i = 0; i < n_workers; i++) {
        struct worker *w = &workers[i];

        w->jobs = 0; // expect-low: MISSING_LOCK
    }
}

int main(int argc, char **argv)
{
    n_workers = argc;
    start_all();
    add_job(&workers[0]);
    stop_all();
    return 0;
}
