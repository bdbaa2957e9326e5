/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Suppressions that are needed, in every form. */
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct State {
    pthread_mutex_t lock;
    int n HF_GUARDED_BY(&lock);
    int m HF_GUARDED_BY(&lock);
} State;

int peek(State *s);
int peek(State *s)
{
    /* holdfast: intentional(GUARDED_BY) a stale number does no harm */
    return s->n;
}

int peek_same_line(State *s);
int peek_same_line(State *s)
{
    return s->n; /* holdfast: false_positive(GUARDED_BY) joined before */
}

int use(int n, int m);

int peek_by_mark(State *s);
int peek_by_mark(State *s)
{
    HF_INTENTIONAL(GUARDED_BY, "atomic_hint: a stale number does no harm");
    return s->n;
}

int peek_several_lines(State *s);
int peek_several_lines(State *s)
{
    HF_INTENTIONAL(GUARDED_BY, "joined: the only other thread has ended");
    return use(s->n,
               s->m);
}

int peek_by_code(State *s);
int peek_by_code(State *s)
{
    hf_mark_intentional("sole_writer", "this thread alone writes it");
    s->n = 1;
    return 0;
}

/* A mark for another tool is none of ours. */
int other_tool(State *s);
int other_tool(State *s)
{
    int n;

    pthread_mutex_lock(&s->lock);
    n = s->n; /* NOLINT(readability-magic-numbers) */
    pthread_mutex_unlock(&s->lock);
    return n;
}
