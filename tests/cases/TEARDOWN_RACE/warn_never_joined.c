/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Given to a thread that nobody waits for. */
#include <pthread.h>
#include <stdlib.h>

struct job {
    int input;
    int output;
};

static void *work(void *opaque)
{
    struct job *j = opaque;

    j->output = j->input * 2;
    return NULL;
}

void job_start(int input)
{
    struct job *j = malloc(sizeof(*j));
    pthread_t thread;

    j->input = input;
    if (pthread_create(&thread, NULL, work, j) != 0) {
        free(j); /* there is no thread */
        return;
    }
    pthread_detach(thread);
    free(j); // expect: TEARDOWN_RACE
}

static void *work_once(void *opaque)
{
    struct job *j = opaque;

    j->output = j->input * 3;
    return NULL;
}

void job_on_stack(int input)
{
    struct job j = { .input = input };
    pthread_t thread;

    pthread_create(&thread, NULL, work_once, &j); // expect: TEARDOWN_RACE
    pthread_detach(thread);
}
