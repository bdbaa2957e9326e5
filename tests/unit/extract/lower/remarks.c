/* SPDX-License-Identifier: MIT */
/* Comments beside declarations that may speak of locks. */

struct Queue {
    int lock; /* this one is taken first */
    /* Protected by lock. */
    int head;
    int tail; /* the same, protected by lock */
    int plain; /* nothing of the kind */

    // Line comments, too: accessed with
    // the lock held.
    int size, room; // both guarded

    /* A heading about locks, with a line below it. */

    int far;
    /* Runs without the lock. */
    void (*wake)(struct Queue *q);
};

/* Called with q->lock held. */
static int pop(struct Queue *q);

int counter; /* Writers hold the queue's lock. */

/* holdfast: is read as a suppression, too, of threads */
static int pop(struct Queue *q)
{
    return q->head + q->tail + q->plain + q->size + q->far + counter;
}

/*
 * Takes the
 * lock itself.
 */
int use(struct Queue *q)
{
    q->wake(q);
    return pop(q);
}
