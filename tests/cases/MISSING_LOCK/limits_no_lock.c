/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * Two threads at one variable, where something speaks for there being an
 * order: not shown at first.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static sem_t ready;
static int value;

static void *produce(void *unused)
{
    value = 4; // expect-low: MISSING_LOCK
    sem_post(&ready);
    return unused;
}

static int consume(void)
{
    sem_wait(&ready);
    return value;
}

/* ---- whoever comes first ------------------------------------------------ */

static char *buffer;

static char *get_buffer(void)
{
    if (!buffer) {
        buffer = malloc(16); // expect-low: MISSING_LOCK
    }
    return buffer;
}

static void *use_buffer(void *unused)
{
    get_buffer();
    return unused;
}

int main(void)
{
    pthread_t a, b;

    sem_init(&ready, 0, 0);
    get_buffer();
    pthread_create(&a, NULL, produce, NULL);
    pthread_create(&b, NULL, use_buffer, NULL);
    get_buffer();
    return consume();
}
