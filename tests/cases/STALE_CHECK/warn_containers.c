/* SPDX-License-Identifier: MIT */
// profile: glib
#include <stdlib.h>
#include <string.h>

/* as GLib has them */
typedef struct GMutex GMutex;
typedef struct GHashTable GHashTable;
struct GMutex {
    void *p;
};
void g_mutex_lock(GMutex *mutex);
void g_mutex_unlock(GMutex *mutex);
void *g_hash_table_lookup(GHashTable *table, const void *key);
int g_hash_table_insert(GHashTable *table, void *key, void *value);
int g_hash_table_remove(GHashTable *table, const void *key);

typedef struct {
    GMutex lock;
    GHashTable *entries;
} Registry;

/* somebody else may have put one in meanwhile */
void *registry_get(Registry *r, const char *name)
{
    void *entry;

    g_mutex_lock(&r->lock);
    entry = g_hash_table_lookup(r->entries, name);
    g_mutex_unlock(&r->lock);
    if (!entry) {
        entry = malloc(64);
        g_mutex_lock(&r->lock);
        g_hash_table_insert(r->entries, strdup(name), entry); // expect: STALE_CHECK
        g_mutex_unlock(&r->lock);
    }
    return entry;
}

/* looked up again: whoever was first has won */
void *registry_get_right(Registry *r, const char *name)
{
    void *entry, *made;

    g_mutex_lock(&r->lock);
    entry = g_hash_table_lookup(r->entries, name);
    g_mutex_unlock(&r->lock);
    if (!entry) {
        made = malloc(64);
        g_mutex_lock(&r->lock);
        entry = g_hash_table_lookup(r->entries, name);
        if (!entry) {
            entry = made;
            g_hash_table_insert(r->entries, strdup(name), entry);
        }
        g_mutex_unlock(&r->lock);
    }
    return entry;
}

void registry_drop(Registry *r, const char *name)
{
    g_mutex_lock(&r->lock);
    g_hash_table_remove(r->entries, name);
    g_mutex_unlock(&r->lock);
}
