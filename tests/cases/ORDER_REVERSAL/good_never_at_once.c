// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>
#include <stdlib.h>

/* Two orders that no two threads follow at once; and two objects of one type,
 * whose order is not this checker's business. */

struct node {
    pthread_mutex_t lock;
    struct node *parent;
    int n;
};

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static int x, y;
static struct node root;

/* Before there is another thread. */
static void load(void)
{
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    x++;
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
}

static void *worker(void *opaque)
{
    struct node *n = opaque;

    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    x++;
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);

    pthread_mutex_lock(&n->lock);
    if (n->parent) {
        pthread_mutex_lock(&n->parent->lock);
        n->parent->n++;
        pthread_mutex_unlock(&n->parent->lock);
    }
    n->n++;
    pthread_mutex_unlock(&n->lock);

    /* given up before the other is taken */
    pthread_mutex_lock(&b);
    y++;
    pthread_mutex_unlock(&b);
    pthread_mutex_lock(&a);
    x++;
    pthread_mutex_unlock(&a);
    return NULL;
}

/* After the end of them all, or on the way to the end of everything. */
static void report(int fatal)
{
    pthread_mutex_lock(&b);
    if (fatal) {
        pthread_mutex_lock(&a);
        abort();
    }
    y = 0;
    pthread_mutex_unlock(&b);
}

int main(void)
{
    pthread_t t;

    pthread_mutex_init(&root.lock, NULL);
    load();
    pthread_create(&t, NULL, worker, &root);
    report(0);
    pthread_join(t, NULL);
    load();
    return 0;
}
