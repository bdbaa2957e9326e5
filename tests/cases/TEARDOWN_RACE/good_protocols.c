/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Ways to know that the thread needs it no longer. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct task {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    int refs;
    int value;
    bool done;
    char *text;
};

/* the thread frees it itself */
static void *run_own(void *opaque)
{
    struct task *t = opaque;

    t->value++;
    free(t->text);
    free(t);
    return NULL;
}

void task_detached(void)
{
    struct task *t = calloc(1, sizeof(*t));
    pthread_t thread;

    if (pthread_create(&thread, NULL, run_own, t)) {
        free(t);
        return;
    }
    pthread_detach(thread);
}

/* a flag says that it is done */
static void *run_flag(void *opaque)
{
    struct task *t = opaque;

    t->value++;
    pthread_mutex_lock(&t->lock);
    t->done = true;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

void task_flag(void)
{
    struct task t = { .value = 1 };
    pthread_t thread;

    pthread_mutex_init(&t.lock, NULL);
    pthread_cond_init(&t.changed, NULL);
    pthread_create(&thread, NULL, run_flag, &t);
    pthread_detach(thread);
    pthread_mutex_lock(&t.lock);
    while (!t.done) {
        pthread_cond_wait(&t.changed, &t.lock);
    }
    pthread_mutex_unlock(&t.lock);
}

/* whoever is last frees it */
static void task_unref(struct task *t)
{
    if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        free(t);
    }
}

static void *run_counted(void *opaque)
{
    struct task *t = opaque;

    t->value++;
    task_unref(t);
    return NULL;
}

void task_counted(void)
{
    struct task *t = calloc(1, sizeof(*t));
    pthread_t thread;

    t->refs = 2;
    pthread_create(&thread, NULL, run_counted, t);
    pthread_detach(thread);
    task_unref(t);
}

/* joined, one after the other */
static void *run_plain(void *opaque)
{
    struct task *t = opaque;

    t->value += t->text[0];
    return NULL;
}

void task_several(int n)
{
    struct task *all = calloc(n, sizeof(*all));

    for (int i = 0; i < n; i++) {
        all[i].text = malloc(10);
        pthread_create(&all[i].thread, NULL, run_plain, &all[i]);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(all[i].thread, NULL);
        free(all[i].text);
    }
    free(all);
}
