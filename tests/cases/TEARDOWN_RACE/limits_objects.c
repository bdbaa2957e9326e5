/* SPDX-License-Identifier: MIT */
// profile: pthread
#include <pthread.h>
#include <stdlib.h>

struct pump {
    pthread_t thread;
    char *water;
};

static void *pump_run(void *opaque)
{
    struct pump *p = opaque;

    p->water[0]++;
    return NULL;
}

void pump_start(struct pump *p)
{
    p->water = malloc(10);
    pthread_create(&p->thread, NULL, pump_run, p);
}

void pump_wait(struct pump *p)
{
    pthread_join(p->thread, NULL);
}

/* whether somebody has waited before, the caller knows */
void pump_free(struct pump *p)
{
    free(p->water); // known-limit: TEARDOWN_RACE
    free(p);
}
