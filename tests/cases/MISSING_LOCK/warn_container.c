/* SPDX-License-Identifier: MIT */
// profile: glib
/* What a library's container holds is accessed by calls. */
#include <pthread.h>
#include <stddef.h>

typedef struct _GHashTable GHashTable;
typedef struct _GQueue GQueue;
typedef void *gpointer;
typedef const void *gconstpointer;
typedef int gboolean;

GHashTable *g_hash_table_new(gpointer hash, gpointer equal);
gboolean g_hash_table_insert(GHashTable *t, gpointer key, gpointer value);
gboolean g_hash_table_remove(GHashTable *t, gconstpointer key);
gpointer g_hash_table_lookup(GHashTable *t, gconstpointer key);
void g_queue_push_tail(GQueue *q, gpointer data);
gpointer g_queue_pop_head(GQueue *q);
unsigned g_queue_get_length(GQueue *q);

struct names {
    pthread_mutex_t lock;
    GHashTable *by_id;
    GQueue *gone;
    int hits;
};

static struct names names;

extern int next_id(void);

/* ---- two threads: the one that changes it does not lock ---- */

static void *lookup_thread(void *arg)
{
    int id = next_id();

    (void)arg;
    pthread_mutex_lock(&names.lock);
    if (g_hash_table_lookup(names.by_id, &id)) {
        names.hits++;
    }
    pthread_mutex_unlock(&names.lock);
    return NULL;
}

static void *make_thread(void *arg)
{
    int id = next_id();

    if (!g_hash_table_lookup(names.by_id, &id)) {
        g_hash_table_insert(names.by_id, &id, arg); // expect: MISSING_LOCK
    }
    return NULL;
}

/* ---- the program as a whole locks ---- */

void name_forget(struct names *n, gpointer id)
{
    pthread_mutex_lock(&n->lock);
    g_queue_push_tail(n->gone, id);
    pthread_mutex_unlock(&n->lock);
}

gpointer name_reuse(struct names *n)
{
    gpointer id;

    pthread_mutex_lock(&n->lock);
    id = g_queue_pop_head(n->gone);
    pthread_mutex_unlock(&n->lock);
    return id;
}

void name_forget_two(struct names *n, gpointer a, gpointer b)
{
    pthread_mutex_lock(&n->lock);
    g_queue_push_tail(n->gone, a);
    g_queue_push_tail(n->gone, b);
    pthread_mutex_unlock(&n->lock);
}

unsigned name_count(struct names *n)
{
    return g_queue_get_length(n->gone); // expect: MISSING_LOCK
}

int names_start(void)
{
    pthread_t a, b;

    pthread_mutex_init(&names.lock, NULL);
    names.by_id = g_hash_table_new(NULL, NULL);
    return pthread_create(&a, NULL, lookup_thread, NULL) ||
           pthread_create(&b, NULL, make_thread, &names);
}
