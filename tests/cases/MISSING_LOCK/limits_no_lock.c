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

static void measure(long *to)
{
    *to = random(); // expect-low: MISSING_LOCK
}

static long get_speed(void)
{
    static long speed;

    if (!speed) {
        measure(&speed);
    }
    return speed;
}

static void *use_speed(void *unused)
{
    get_speed();
    return unused;
}

/* ---- whoever comes first, by a flag ------------------------------------- */

static int get_device(void)
{
    static int known;
    static int device;

    if (!known) {
        device = rand(); // expect-low: MISSING_LOCK
        known = 1; // expect-low: MISSING_LOCK
    }
    return device;
}

static void *use_device(void *unused)
{
    get_device();
    return unused;
}

/* ---- the end of the program --------------------------------------------- */

static int logging = 1;

static _Noreturn void die(void)
{
    logging = 0; // expect-low: MISSING_LOCK
    abort();
}

static void *may_die(void *arg)
{
    if (!arg) {
        die();
    }
    return arg;
}

/* ---- the end of the object ---------------------------------------------- */

typedef struct {
    pthread_mutex_t lock;
    int jobs;
} Queue;

static Queue *queue;

static void *work(void *arg)
{
    Queue *q = arg;

    pthread_mutex_destroy(&queue->lock);
    free(q);
    queue = NULL; // expect-low: MISSING_LOCK
    return NULL;
}

/* ---- both only reset it ------------------------------------------------- */

static int failures;

static void *reset(void *unused)
{
    failures = 0; // expect-low: MISSING_LOCK
    return unused;
}

int main(void)
{
    pthread_t a, b, c, d, e, f, g, h;

    sem_init(&ready, 0, 0);
    get_buffer();
    queue = calloc(1, sizeof(*queue));
    pthread_create(&a, NULL, produce, NULL);
    pthread_create(&b, NULL, use_buffer, NULL);
    get_buffer();
    pthread_create(&c, NULL, use_speed, NULL);
    get_speed();
    pthread_create(&d, NULL, use_device, NULL);
    get_device();
    pthread_create(&e, NULL, may_die, NULL);
    if (logging) {
        pthread_create(&f, NULL, work, queue);
    }
    pthread_create(&g, NULL, reset, NULL);
    pthread_create(&h, NULL, reset, NULL);
    if (queue) {
        return 0;
    }
    return consume();
}
