/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A list's head is one thing, in whatever pieces its macros write it; the
 * links that all lists share are no evidence for any of them. */
#include <pthread.h>
#include <stddef.h>

struct link {
    void *next;
    struct link *prev;
};

#define TAILQ_HEAD(type) union { struct type *first; struct link circ; }
#define TAILQ_ENTRY(type) union { struct type *next; struct link circ; }
#define TAILQ_INSERT(head, e, field) do { \
        (e)->field.next = NULL; \
        (e)->field.circ.prev = (head)->circ.prev; \
        (head)->circ.prev->next = (e); \
        (head)->circ.prev = &(e)->field.circ; \
    } while (0)
#define TAILQ_REMOVE(head, e, field) do { \
        if ((e)->field.next) { \
            (e)->field.next->field.circ.prev = (e)->field.circ.prev; \
        } else { \
            (head)->circ.prev = (e)->field.circ.prev; \
        } \
        (e)->field.circ.prev->next = (e)->field.next; \
    } while (0)

struct job {
    int id;
    TAILQ_ENTRY(job) next;
};

struct queue {
    pthread_mutex_t lock;
    TAILQ_HEAD(job) jobs;
};

void queue_add(struct queue *q, struct job *j);
void queue_add(struct queue *q, struct job *j)
{
    pthread_mutex_lock(&q->lock);
    TAILQ_INSERT(&q->jobs, j, next);
    pthread_mutex_unlock(&q->lock);
}

struct job *queue_take(struct queue *q);
struct job *queue_take(struct queue *q)
{
    struct job *j;

    pthread_mutex_lock(&q->lock);
    j = q->jobs.first;
    if (j) {
        TAILQ_REMOVE(&q->jobs, j, next);
    }
    pthread_mutex_unlock(&q->lock);
    return j;
}

void queue_cancel(struct queue *q, struct job *j);
void queue_cancel(struct queue *q, struct job *j)
{
    pthread_mutex_lock(&q->lock);
    TAILQ_REMOVE(&q->jobs, j, next);
    pthread_mutex_unlock(&q->lock);
}

int queue_drop(struct queue *q, struct job *j);
int queue_drop(struct queue *q, struct job *j)
{
    TAILQ_REMOVE(&q->jobs, j, next); // expect: MISSING_LOCK
    return j->id;
}

/* Nobody locks this one: the same links in another container. */
struct plain {
    TAILQ_HEAD(job) jobs;
    TAILQ_HEAD(job) done;
};

void plain_add(struct plain *p, struct job *j);
void plain_add(struct plain *p, struct job *j)
{
    TAILQ_INSERT(&p->jobs, j, next);
}

void plain_done(struct plain *p, struct job *j);
void plain_done(struct plain *p, struct job *j)
{
    TAILQ_REMOVE(&p->jobs, j, next);
    TAILQ_INSERT(&p->done, j, next);
}

void plain_again(struct plain *p, struct job *j);
void plain_again(struct plain *p, struct job *j)
{
    TAILQ_REMOVE(&p->done, j, next);
    TAILQ_INSERT(&p->jobs, j, next);
}
