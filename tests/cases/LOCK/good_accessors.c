/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The lock is reached through a function, or sits in a container. */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

struct store {
    pthread_mutex_t lock;
    int used;
    int peak;
};

struct user {
    struct store *store;
    pthread_mutex_t *lock;
    int n;
};

static struct store the_store;
static pthread_mutex_t stripes[64];
static int counts[64];

static pthread_mutex_t *store_lock(struct store *s)
{
    return &s->lock;
}

static struct store *get_store(void)
{
    return &the_store;
}

static struct store *user_store(struct user *u)
{
    return u->store;
}

void store_add(struct store *s, int n)
{
    pthread_mutex_lock(store_lock(s));
    s->used += n;
    pthread_mutex_unlock(store_lock(s));
}

void store_del(struct store *s, int n)
{
    pthread_mutex_lock(&s->lock);
    s->used -= n;
    pthread_mutex_unlock(store_lock(s));
}

void store_add_global(int n)
{
    pthread_mutex_lock(&get_store()->lock);
    get_store()->used += n;
    pthread_mutex_unlock(&the_store.lock);
}

int store_used_global(void)
{
    int n;

    pthread_mutex_lock(&the_store.lock);
    n = get_store()->used;
    pthread_mutex_unlock(&get_store()->lock);
    return n;
}

int user_used(struct user *u)
{
    int n;

    pthread_mutex_lock(&user_store(u)->lock);
    n = u->store->used;
    pthread_mutex_unlock(&u->store->lock);
    return n;
}

/* a pointer to the lock is kept */
void user_bump(struct user *u)
{
    pthread_mutex_lock(u->lock);
    u->n++;
    pthread_mutex_unlock(u->lock);
}

void user_drop(struct user *u)
{
    pthread_mutex_t *lock = u->lock;

    pthread_mutex_lock(lock);
    u->n--;
    pthread_mutex_unlock(lock);
}

int user_count(struct user *u)
{
    pthread_mutex_t *lock = u->lock;
    int n;

    pthread_mutex_lock(lock);
    n = u->n;
    pthread_mutex_unlock(u->lock);
    return n;
}

/* striped: the index is the same */
static unsigned stripe(const char *key)
{
    return (unsigned char)key[0] % 64;
}

void striped(const char *key)
{
    unsigned i = stripe(key);

    pthread_mutex_lock(&stripes[i]);
    counts[i]++;
    pthread_mutex_unlock(&stripes[i]);
}

static void stripe_lock(unsigned i)
{
    pthread_mutex_lock(&stripes[i]);
}

static void stripe_unlock(unsigned i)
{
    pthread_mutex_unlock(&stripes[i]);
}

void striped_helpers(const char *key)
{
    unsigned i = stripe(key);

    stripe_lock(i);
    counts[i]--;
    stripe_unlock(i);
}

/* the lock of what is around */
struct conn {
    struct user base;
    pthread_mutex_t lock;
    int refs;
};

static void conn_ref(struct user *u)
{
    struct conn *c = (struct conn *)((char *)u - offsetof(struct conn, base));

    pthread_mutex_lock(&c->lock);
    c->refs++;
    pthread_mutex_unlock(&c->lock);
}

void conn_use(struct conn *c)
{
    conn_ref(&c->base);
    pthread_mutex_lock(&c->lock);
    c->refs--;
    pthread_mutex_unlock(&c->lock);
}
