/* SPDX-License-Identifier: MIT */
// profile: glib
/*
 * g_return_if_fail() under a lock: what comes after a failed check of one's
 * own state, or of what the caller passed, is undefined anyhow.
 */

typedef struct _GMutex { int p; } GMutex;
typedef struct _GSList GSList;

void g_mutex_lock(GMutex *m);
void g_mutex_unlock(GMutex *m);
void g_return_if_fail_warning(const char *domain, const char *function,
                              const char *expression);
GSList *g_slist_remove(GSList *list, const void *data);

#define g_return_if_fail(expr) \
    do { \
        if (!(expr)) { \
            g_return_if_fail_warning(0, __func__, #expr); \
            return; \
        } \
    } while (0)
#define g_return_val_if_fail(expr, val) \
    do { \
        if (!(expr)) { \
            g_return_if_fail_warning(0, __func__, #expr); \
            return val; \
        } \
    } while (0)

struct store {
    GMutex lock;
    GSList *items;
    int n;
};

void store_drop(struct store *s, void *item)
{
    g_mutex_lock(&s->lock);
    g_return_if_fail(s->items != 0);
    s->items = g_slist_remove(s->items, item);
    g_mutex_unlock(&s->lock);
}

int store_count(struct store *s)
{
    int n;

    g_mutex_lock(&s->lock);
    g_return_val_if_fail(s->n >= 0, -1);
    n = s->n;
    g_mutex_unlock(&s->lock);
    return n;
}

/* nor have the callers it still */
int store_drop_all(struct store *s, void *a, void *b)
{
    store_drop(s, a);
    store_drop(s, b);
    return store_count(s);
}
