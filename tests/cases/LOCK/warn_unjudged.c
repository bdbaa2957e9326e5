/* SPDX-License-Identifier: MIT */
// profile: glib
/* A warning is no g_return_if_fail(): the function goes on to return. */

typedef struct _GMutex { int p; } GMutex;

void g_mutex_lock(GMutex *m);
void g_mutex_unlock(GMutex *m);
void g_return_if_fail_warning(const char *domain, const char *function,
                              const char *expression);
void g_log(const char *domain, int level, const char *format, ...);

#define g_warning(...) g_log(0, 16, __VA_ARGS__)
#define g_return_val_if_fail(expr, val) \
    do { \
        if (!(expr)) { \
            g_return_if_fail_warning(0, __func__, #expr); \
            return val; \
        } \
    } while (0)

struct store {
    GMutex lock;
    int n;
};

int store_count(struct store *s)
{
    int n;

    g_return_val_if_fail(s != 0, -1);
    g_mutex_lock(&s->lock);
    n = s->n;
    if (n < 0) {
        g_warning("negative");
        return -1; // expect: LOCK
    }
    g_mutex_unlock(&s->lock);
    return n;
}
