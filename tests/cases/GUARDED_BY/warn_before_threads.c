/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A declared guard: hidden only where no other thread can be there. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int jobs HF_GUARDED_BY(&lock);

static void *work(void *opaque)
{
    pthread_mutex_lock(&lock);
    jobs--;
    pthread_mutex_unlock(&lock);
    return opaque;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    jobs = argc; // expect-low: GUARDED_BY
    pthread_create(&thread, NULL, work, argv);
    jobs++; // expect: GUARDED_BY
    pthread_join(thread, NULL);
    return jobs; // expect-low: GUARDED_BY
}
