/* SPDX-License-Identifier: MIT */
// profile: glib
/* Callbacks that are cancelled: who runs them when, is not followed. */
#include <pthread.h>
#include <stdlib.h>

typedef void *gpointer;
typedef int gboolean;
typedef unsigned int guint;
typedef struct _GMainLoop GMainLoop;
guint g_timeout_add(guint interval, gboolean (*fn)(gpointer), gpointer data);
gboolean g_source_remove(guint tag);
void g_main_loop_run(GMainLoop *loop);

struct meter {
    pthread_t thread;
    GMainLoop *loop;
    guint timer;
    int *values;
};

static void *meter_loop(void *opaque)
{
    struct meter *m = opaque;

    g_main_loop_run(m->loop);
    return NULL;
}

static gboolean meter_tick(gpointer opaque)
{
    struct meter *m = opaque;

    m->values[0]++;
    return 1;
}

void meter_start(struct meter *m)
{
    m->values = calloc(1, sizeof(int));
    m->timer = g_timeout_add(10, meter_tick, m);
    pthread_create(&m->thread, NULL, meter_loop, m);
}

/* the loop's thread may be in the callback */
void meter_clear(struct meter *m)
{
    free(m->values); // known-limit: TEARDOWN_RACE
    g_source_remove(m->timer);
}

/* ... even when it has just been cancelled, from another thread */
void meter_clear_late(struct meter *m)
{
    g_source_remove(m->timer);
    free(m->values); // known-limit: TEARDOWN_RACE
}
