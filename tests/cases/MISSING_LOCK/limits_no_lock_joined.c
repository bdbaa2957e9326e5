/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * The loader is started from two places, so that nobody knows when none is
 * there; but who takes the memory away has waited for one before.
 */
#include <pthread.h>
#include <stdlib.h>

static pthread_t loader, control;
static char *memory;

static void *load(void *unused)
{
    memory[0] = 1;
    return unused;
}

static void start(void)
{
    pthread_create(&loader, NULL, load, NULL);
}

static void *command(void *unused)
{
    start();
    return unused;
}

static void finish(void)
{
    pthread_join(loader, NULL);
}

static void cleanup(void)
{
    finish();
}

static void take_down(void)
{
    memory = NULL; // expect-low: MISSING_LOCK
}

int main(int argc, char **argv)
{
    memory = calloc(1, 64);
    pthread_create(&control, NULL, command, NULL);
    if (argc > 1) {
        start();
    }
    pthread_join(control, NULL);
    cleanup();
    take_down();
    return 0;
}
