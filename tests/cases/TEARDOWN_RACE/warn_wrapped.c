/* SPDX-License-Identifier: MIT */
// profile: pthread
/* All threads are started and joined in functions of the program's own. */
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

struct reader {
    struct thread *thread;
    char *line;
};

struct writer {
    struct thread *thread;
    char *text;
};

static void *read_lines(void *opaque)
{
    struct reader *r = opaque;

    r->line[0] = 'r';
    return NULL;
}

static void *write_lines(void *opaque)
{
    struct writer *w = opaque;

    w->text[0] = 'w';
    return NULL;
}

static struct reader reader;
static struct writer writer;

static void reader_stop(void)
{
    free(reader.line); // expect: TEARDOWN_RACE
    thread_join(reader.thread);
}

/* the other thread, whose text nobody else uses, was joined before */
static void writer_stop(void)
{
    thread_join(writer.thread);
    free(writer.text);
}

int main(void)
{
    reader.line = malloc(10);
    writer.text = malloc(10);
    reader.thread = thread_start(read_lines, &reader);
    writer.thread = thread_start(write_lines, &writer);
    writer_stop();
    reader_stop();
    return 0;
}
