/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Whoever initialises or destroys the lock has to itself what it is for: by a
 * wrapper, and where both lie in a variable. */
#include <pthread.h>

struct node {
    struct node *next;
};

struct list {
    struct node *first;
    int n;
};

struct queue {
    struct list list;
    int waiting;
    pthread_mutex_t lock;
};

static struct queue todo;

static int lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int ret;

    pthread_mutexattr_init(&attr);
    ret = pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return ret;
}

static int lock_new(pthread_mutex_t *lock)
{
    return lock_init(lock);
}

int todo_init(void)
{
    int ret = pthread_mutex_init(&todo.lock, 0);

    if (ret) {
        return ret;
    }
    todo.list.first = 0;
    todo.list.n = 0;
    return 0;
}

void todo_push(struct node *node)
{
    pthread_mutex_lock(&todo.lock);
    node->next = todo.list.first;
    todo.list.first = node;
    todo.list.n++;
    pthread_mutex_unlock(&todo.lock);
}

struct node *todo_pop(void)
{
    struct node *node;

    pthread_mutex_lock(&todo.lock);
    node = todo.list.first;
    if (node) {
        todo.list.first = node->next;
        todo.list.n--;
    }
    pthread_mutex_unlock(&todo.lock);
    return node;
}

int todo_wait(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    n = ++q->waiting;
    pthread_mutex_unlock(&q->lock);
    return n;
}

void todo_woken(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->waiting--;
    pthread_mutex_unlock(&q->lock);
}

int queue_init(struct queue *q)
{
    q->waiting = 0;
    return lock_new(&q->lock);
}
