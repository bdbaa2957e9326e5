/* SPDX-License-Identifier: MIT */
// profile: glib
/* How often the caller has taken a recursive lock is the caller's to know. */
typedef struct _GRecMutex { int p; } GRecMutex;

void g_rec_mutex_lock(GRecMutex *m);
void g_rec_mutex_unlock(GRecMutex *m);

struct deep {
    GRecMutex lock;
    int depth;
};

int deep_unlock_full(struct deep *d)
{
    int depth = d->depth;

    d->depth = 0;
    for (int i = depth; i > 0; i--) {
        g_rec_mutex_unlock(&d->lock);
    }
    return depth;
}

void deep_lock_full(struct deep *d, int depth)
{
    d->depth = depth;
    while (depth--) {
        g_rec_mutex_lock(&d->lock);
    }
}

void deep_unlock_twice(struct deep *d)
{
    g_rec_mutex_unlock(&d->lock);
    g_rec_mutex_unlock(&d->lock);
}
