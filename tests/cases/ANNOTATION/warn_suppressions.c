/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Suppressions that say nothing, or that nothing needs. */
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct State {
    pthread_mutex_t lock;
    int n HF_GUARDED_BY(&lock);
} State;

int unused_comment(State *s);
int unused_comment(State *s)
{
    int n;

    pthread_mutex_lock(&s->lock);
    /* holdfast: intentional(GUARDED_BY) no longer */ // expect: ANNOTATION
    n = s->n;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int no_reason(State *s);
int no_reason(State *s)
{
    return s->n; /* holdfast: intentional(GUARDED_BY) */ // expect: ANNOTATION
}

int no_verb(State *s);
int no_verb(State *s)
{
    /* holdfast: please ignore this */ // expect: ANNOTATION
    return s->n; // expect: GUARDED_BY
}

int no_such_checker(State *s);
int no_such_checker(State *s)
{
    /* holdfast: intentional(GARDED_BY) spelled wrong */ // expect: ANNOTATION
    return s->n; // expect: GUARDED_BY
}

int unused_mark(State *s);
int unused_mark(State *s)
{
    int n;

    pthread_mutex_lock(&s->lock);
    HF_INTENTIONAL(GUARDED_BY, "sole_writer: not true any more"); // expect: ANNOTATION
    n = s->n;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int unknown_code(State *s);
int unknown_code(State *s)
{
    HF_INTENTIONAL(GUARDED_BY, "because I say so"); // expect: ANNOTATION
    return s->n;
}

int unknown_checker(State *s);
int unknown_checker(State *s)
{
    HF_INTENTIONAL(GARDED_BY, "sole_writer: spelled wrong"); // expect: ANNOTATION
    return s->n; // expect: GUARDED_BY
}

/* The mark speaks of one statement only. */
int next_statement(State *s);
int next_statement(State *s)
{
    int n;

    HF_INTENTIONAL(GUARDED_BY, "atomic_hint: a guess is enough");
    n = s->n;
    n++;
    s->n = n; // expect: GUARDED_BY
    return n;
}
