/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One function joins all threads of the program: which, says the handle. */
#include <pthread.h>
#include <stdlib.h>

struct thread {
    pthread_t handle;
};

static struct thread *thread_start(void *(*fn)(void *), void *data)
{
    struct thread *t = malloc(sizeof(*t));

    pthread_create(&t->handle, NULL, fn, data);
    return t;
}

static void thread_join(struct thread *t)
{
    pthread_join(t->handle, NULL);
    free(t);
}

struct counts {
    pthread_mutex_t lock;
    int reads;
    int writes;
};

static struct counts counts = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct thread *reader, *writer;

static void *read_all(void *opaque)
{
    for (int i = 0; i < 10; i++) {
        pthread_mutex_lock(&counts.lock);
        counts.reads++;
        pthread_mutex_unlock(&counts.lock);
    }
    return opaque;
}

static void *write_all(void *opaque)
{
    for (int i = 0; i < 10; i++) {
        pthread_mutex_lock(&counts.lock);
        counts.writes++;
        pthread_mutex_unlock(&counts.lock);
    }
    return opaque;
}

static int sum(void)
{
    int n;

    pthread_mutex_lock(&counts.lock);
    n = counts.reads + counts.writes;
    pthread_mutex_unlock(&counts.lock);
    return n;
}

static void clear(void)
{
    pthread_mutex_lock(&counts.lock);
    counts.reads = 0;
    counts.writes = 0;
    pthread_mutex_unlock(&counts.lock);
}

int main(void)
{
    clear();
    reader = thread_start(read_all, NULL);
    writer = thread_start(write_all, NULL);
    sum();
    thread_join(writer);
    counts.writes = 1;
    counts.reads = 1; // expect: MISSING_LOCK
    thread_join(reader);
    return 0;
}
