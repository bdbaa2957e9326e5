/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A function gives its caller's lock back for a while: all callers hold it
 * but one. */
#include <pthread.h>
#include <stdbool.h>

void send_page(int n);

struct Ram {
    pthread_mutex_t bitmap_lock;
    bool preempt;
    int dirty;
    int next;
};

static int ram_save_page(struct Ram *r)
{
    int n = r->next++;

    if (r->preempt) {
        pthread_mutex_unlock(&r->bitmap_lock);
    }
    send_page(n);
    if (r->preempt) {
        pthread_mutex_lock(&r->bitmap_lock);
    }
    return --r->dirty;
}

static int ram_find_and_save(struct Ram *r)
{
    if (r->dirty == 0) {
        return 0;
    }
    return ram_save_page(r);
}

void ram_iterate(struct Ram *r)
{
    pthread_mutex_lock(&r->bitmap_lock);
    while (ram_find_and_save(r) > 10) {
    }
    pthread_mutex_unlock(&r->bitmap_lock);
}

void ram_urgent(struct Ram *r)
{
    pthread_mutex_lock(&r->bitmap_lock);
    ram_find_and_save(r);
    pthread_mutex_unlock(&r->bitmap_lock);
}

void ram_complete(struct Ram *r)
{
    while (ram_find_and_save(r) > 0) { // expect: LOCK
    }
}
