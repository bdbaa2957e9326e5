/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A function gives its caller's lock back; the callers hold it, however far
 * up. */
#include <pthread.h>

void send_page(int n);

struct Ram {
    pthread_mutex_t lock;
    int next;
};

static void ram_send(struct Ram *r)
{
    int n = r->next++;

    pthread_mutex_unlock(&r->lock);
    send_page(n);
    pthread_mutex_lock(&r->lock);
}

static void ram_send_many(struct Ram *r, int n)
{
    while (n--) {
        ram_send(r);
    }
}

static void ram_round(struct Ram *r)
{
    ram_send_many(r, 4);
    ram_send(r);
}

void ram_one(struct Ram *r)
{
    pthread_mutex_lock(&r->lock);
    ram_round(r);
    pthread_mutex_unlock(&r->lock);
}

static void ram_enter(struct Ram *r)
{
    pthread_mutex_lock(&r->lock);
}

static void ram_leave(struct Ram *r)
{
    pthread_mutex_unlock(&r->lock);
}

void ram_two(struct Ram *r)
{
    ram_enter(r);
    ram_send(r);
    ram_leave(r);
}

/* Entered through a table, where nobody can tell. */
struct Ops {
    void (*send)(struct Ram *r);
};

const struct Ops ops = { .send = ram_send };

/* Held under another name. */
struct Owner {
    struct Ram ram;
};

struct Job {
    struct Owner *owner;
};

static void job_send(struct Job *j)
{
    pthread_mutex_unlock(&j->owner->ram.lock);
    send_page(0);
    pthread_mutex_lock(&j->owner->ram.lock);
}

void owner_run(struct Owner *o, struct Job *j)
{
    pthread_mutex_lock(&o->ram.lock);
    job_send(j);
    pthread_mutex_unlock(&o->ram.lock);
}
