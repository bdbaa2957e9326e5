/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Every name means a lock, and nothing contradicts. */
#include <holdfast/annotations.h>
#include <pthread.h>

HF_TOKEN_DECLARE(batch);

typedef struct Owner {
    pthread_mutex_t lock;
} Owner;

typedef struct Part {
    Owner *owner;
    pthread_mutex_t own;
    int a HF_GUARDED_BY(&own);
    int b HF_SLOT(HF_GUARDED_BY(&owner->lock));
    void (*tell)(struct Part *part) HF_SLOT(HF_REQUIRES(&part->own));
} Part;

static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;
static int n_parts HF_GUARDED_BY(&all);

void batch_begin(void) HF_ACQUIRE(batch);
void batch_end(void) HF_RELEASE(batch);

static void first(Part *p) HF_REQUIRES(&p->own, &p->owner->lock);
static void first(Part *p)
{
    p->a = p->b;
}

static void second(Part *p, int n) HF_REQUIRES(all) HF_EXCLUDES(&p->own);
static void second(Part *p, int n)
{
    n_parts += n;
}

static void third(void) HF_REQUIRES(batch);
static void third(void)
{
}

/* A library's function: its parameters' names are not seen. */
void external(Part *the_part) HF_REQUIRES(&the_part->own);

void HF_GS_FN HF_NO_COROUTINE_FN fourth(Part *p);
void HF_GS_FN HF_NO_COROUTINE_FN fourth(Part *p)
{
    HF_GLOBAL_STATE_CODE();
    pthread_mutex_lock(&all);
    second(p, 1);
    pthread_mutex_unlock(&all);
    pthread_mutex_lock(&p->owner->lock);
    pthread_mutex_lock(&p->own);
    first(p);
    pthread_mutex_unlock(&p->own);
    pthread_mutex_unlock(&p->owner->lock);
    batch_begin();
    third();
    batch_end();
}
