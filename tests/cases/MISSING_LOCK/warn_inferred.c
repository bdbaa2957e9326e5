/* SPDX-License-Identifier: MIT */
// profile: pthread
/* No guard is declared; the rest of the file shows which it is. */
#include <pthread.h>
#include <stdio.h>

struct state {
    pthread_mutex_t lock;
    FILE *file;
    int requests;
    int unrelated;
};

void put_file(struct state *s, FILE *f)
{
    pthread_mutex_lock(&s->lock);
    s->file = f;
    pthread_mutex_unlock(&s->lock);
}

/* tested first, cleared under the lock afterwards */
void drop_file(struct state *s)
{
    FILE *f;

    if (s->file) { // expect: MISSING_LOCK
        pthread_mutex_lock(&s->lock);
        f = s->file;
        s->file = NULL;
        pthread_mutex_unlock(&s->lock);
        fclose(f);
    }
}

void request_begin(struct state *s)
{
    pthread_mutex_lock(&s->lock);
    s->requests++;
    pthread_mutex_unlock(&s->lock);
}

void request_end(struct state *s)
{
    pthread_mutex_lock(&s->lock);
    s->requests--;
    pthread_mutex_unlock(&s->lock);
}

static void request_undo(struct state *s)
{
    s->requests--;
}

void request_cancel(struct state *s)
{
    pthread_mutex_lock(&s->lock);
    request_undo(s);
    pthread_mutex_unlock(&s->lock);
}

/* every write holds the lock, this read does not */
int request_count(struct state *s)
{
    return s->requests; // expect: MISSING_LOCK
}

static pthread_mutex_t total_lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

void total_add(long n)
{
    pthread_mutex_lock(&total_lock);
    total += n;
    pthread_mutex_unlock(&total_lock);
}

void total_take(long n)
{
    pthread_mutex_lock(&total_lock);
    total -= n;
    pthread_mutex_unlock(&total_lock);
}

void total_reset(void)
{
    total = 0; // expect: MISSING_LOCK
}

long total_get(void)
{
    long n;

    pthread_mutex_lock(&total_lock);
    n = total;
    pthread_mutex_unlock(&total_lock);
    return n;
}

/* the helper is right, one of its callers is not */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static int list_length;

static void list_grow(void)
{
    list_length++;
}

void list_add(void)
{
    pthread_mutex_lock(&list_lock);
    list_grow();
    pthread_mutex_unlock(&list_lock);
}

void list_add_unlocked(void)
{
    list_grow(); // expect: MISSING_LOCK
}

void list_clear(void)
{
    pthread_mutex_lock(&list_lock);
    list_length = 0;
    pthread_mutex_unlock(&list_lock);
}

int list_count(void)
{
    int n;

    pthread_mutex_lock(&list_lock);
    n = list_length;
    pthread_mutex_unlock(&list_lock);
    return n;
}
