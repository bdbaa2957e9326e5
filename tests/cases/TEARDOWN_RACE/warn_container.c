/* SPDX-License-Identifier: MIT */
// profile: glib
/* Containers of a library are freed, too. */
#include <stddef.h>

typedef void *gpointer;
typedef struct _GThread GThread;
typedef struct _GHashTable GHashTable;
GThread *g_thread_new(const char *name, gpointer (*func)(gpointer),
                      gpointer data);
gpointer g_thread_join(GThread *thread);
gpointer g_malloc0(size_t size);
void g_free(gpointer mem);
GHashTable *g_hash_table_new(gpointer hash, gpointer equal);
int g_hash_table_insert(GHashTable *table, gpointer key, gpointer value);
void g_hash_table_destroy(GHashTable *table);

typedef struct {
    GThread *thread;
    GHashTable *names;
} Service;

static gpointer service_main(gpointer opaque)
{
    Service *s = opaque;

    g_hash_table_insert(s->names, "name", s);
    return NULL;
}

Service *service_new(void)
{
    Service *s = g_malloc0(sizeof(*s));

    s->names = g_hash_table_new(NULL, NULL);
    s->thread = g_thread_new("service", service_main, s);
    return s;
}

void service_free(Service *s)
{
    g_hash_table_destroy(s->names); // expect: TEARDOWN_RACE
    g_thread_join(s->thread);
    g_free(s);
}

void service_free_right(Service *s)
{
    g_thread_join(s->thread);
    g_hash_table_destroy(s->names);
    g_free(s);
}
