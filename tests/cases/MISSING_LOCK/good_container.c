/* SPDX-License-Identifier: MIT */
// profile: glib
/* As warn_container.c, but the lock is held for all of it; what is needed to
 * make a new entry is done without it, and the entry looked for again. */
#include <pthread.h>
#include <stddef.h>

typedef struct _GHashTable GHashTable;
typedef void *gpointer;
typedef const void *gconstpointer;
typedef int gboolean;

GHashTable *g_hash_table_new(gpointer hash, gpointer equal);
gboolean g_hash_table_insert(GHashTable *t, gpointer key, gpointer value);
gpointer g_hash_table_lookup(GHashTable *t, gconstpointer key);
void g_hash_table_unref(GHashTable *t);

struct names {
    pthread_mutex_t lock;
    GHashTable *by_id;
    GHashTable *own; /* of make_thread alone */
    int hits;
};

static struct names names;

extern int next_id(void);
extern gpointer new_name(int id);

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
    gpointer name;

    (void)arg;
    g_hash_table_insert(names.own, &id, &id);
    pthread_mutex_lock(&names.lock);
    name = g_hash_table_lookup(names.by_id, &id);
    if (!name) {
        pthread_mutex_unlock(&names.lock);
        name = new_name(id);
        pthread_mutex_lock(&names.lock);
        if (!g_hash_table_lookup(names.by_id, &id)) {
            g_hash_table_insert(names.by_id, &id, name);
        }
    }
    pthread_mutex_unlock(&names.lock);
    return NULL;
}

int names_start(void)
{
    pthread_t a, b;

    pthread_mutex_init(&names.lock, NULL);
    names.by_id = g_hash_table_new(NULL, NULL);
    names.own = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(names.by_id, &names, &names);
    return pthread_create(&a, NULL, lookup_thread, NULL) ||
           pthread_create(&b, NULL, make_thread, NULL);
}

void names_end(void)
{
    g_hash_table_unref(names.by_id);
    g_hash_table_unref(names.own);
    pthread_mutex_destroy(&names.lock);
}
