// profile: pthread
/* A helper that one caller enters with the lock, taken for it, and the other
 * without, while another thread writes the same under the lock. */
#include <pthread.h>
#include <stdlib.h>

struct map {
    pthread_mutex_t lock;
    long dirty;
    long other[8];
};

static struct map *map;

static void clear_one(struct map *m, int i)
{
    m->other[i] = 0;
    m->dirty--;
}

static int next(struct map *m)
{
    clear_one(m, 1);
    return 0;
}

static void iterate(struct map *m)
{
    pthread_mutex_lock(&m->lock);
    next(m);
    pthread_mutex_unlock(&m->lock);
}

static void complete(struct map *m)
{
    next(m); // expect: MISSING_LOCK
}

static void *worker(void *p)
{
    iterate(map);
    complete(map);
    return p;
}

/* Its own object: nobody else can want the lock. */
static void *prober(void *p)
{
    struct map own = { .dirty = 1 };

    next(&own);
    return p;
}

static void *hinter(void *p)
{
    pthread_mutex_lock(&map->lock);
    map->dirty--;
    pthread_mutex_unlock(&map->lock);
    return p;
}

int main(void)
{
    pthread_t a, b, d;

    map = calloc(1, sizeof(*map));
    pthread_mutex_init(&map->lock, NULL);
    pthread_create(&a, NULL, worker, NULL);
    pthread_create(&b, NULL, hinter, NULL);
    pthread_create(&d, NULL, prober, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return pthread_join(d, NULL);
}
