/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Guarded members and variables, reached without their lock. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t lock;
    int length HF_GUARDED_BY(&lock);
    char *name HF_PT_GUARDED_BY(&lock);
    struct queue *next;
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int table_used HF_GUARDED_BY(&table_lock);

int read_without(struct queue *q)
{
    return q->length; // expect: GUARDED_BY
}

void write_without(struct queue *q)
{
    q->length = 0; // expect: GUARDED_BY
}

int read_after_unlock(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    n = q->length;
    pthread_mutex_unlock(&q->lock);
    return n + q->length; // expect: GUARDED_BY
}

/* another object's lock does not count */
int wrong_instance(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->next->lock);
    n = q->length; // expect: GUARDED_BY
    pthread_mutex_unlock(&q->next->lock);
    return n;
}

int one_branch_only(struct queue *q, int careful)
{
    int n;

    if (careful) {
        pthread_mutex_lock(&q->lock);
    }
    n = q->length; // expect: GUARDED_BY
    if (careful) {
        pthread_mutex_unlock(&q->lock);
    }
    return n;
}

char pointee_without(struct queue *q)
{
    return *q->name; // expect: GUARDED_BY
}

int variable_without(void)
{
    return table_used; // expect: GUARDED_BY
}

static void bump(struct queue *q)
{
    q->length++; // expect: GUARDED_BY
}

void bump_locked(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    bump(q);
    pthread_mutex_unlock(&q->lock);
}

/* one of two callers forgets it */
void bump_unlocked(struct queue *q)
{
    bump(q);
}
