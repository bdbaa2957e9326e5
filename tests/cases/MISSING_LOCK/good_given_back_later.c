/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Taken in one function, given back in another that its users call later;
 * and sums that are made on the stack. */
#include <pthread.h>

struct page {
    pthread_mutex_t lock;
    long used;
    long objects;
};

struct page *page_begin(struct page *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->used > 4096) {
        pthread_mutex_unlock(&p->lock);
        return 0;
    }
    return p;
}

/* whoever calls it has begun */
void page_write(struct page *p, long n)
{
    p->used += n;
    p->objects++;
    pthread_mutex_unlock(&p->lock);
}

void page_drop(struct page *p)
{
    pthread_mutex_lock(&p->lock);
    p->used = 0;
    p->objects = 0;
    pthread_mutex_unlock(&p->lock);
}

long page_used(struct page *p)
{
    long n;

    pthread_mutex_lock(&p->lock);
    n = p->used + p->objects;
    pthread_mutex_unlock(&p->lock);
    return n;
}

static void pages_sum(struct page *sum, struct page *all, int n)
{
    sum->used = 0;
    sum->objects = 0;
    for (int i = 0; i < n; i++) {
        pthread_mutex_lock(&all[i].lock);
        sum->used += all[i].used;
        sum->objects += all[i].objects;
        pthread_mutex_unlock(&all[i].lock);
    }
}

long pages_total(struct page *all, int n)
{
    struct page sum;

    pages_sum(&sum, all, n);
    return sum.used + sum.objects;
}
