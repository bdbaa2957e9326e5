/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The object is looked up, and handed to the caller with its lock held: it
 * comes by another name there. */
#include <pthread.h>
#include <stddef.h>

struct monitor {
    pthread_mutex_t lock;
    struct monitor *selected;
    int busy, used;
};

struct monitor *find(int id);

static void select_free(struct monitor *all, int id)
{
    struct monitor *m = find(id);

    all->selected = NULL;
    pthread_mutex_lock(&m->lock);
    if (!m->busy) {
        all->selected = m;
        return;
    }
    pthread_mutex_unlock(&m->lock);
}

void use(struct monitor *all, int id);
void use(struct monitor *all, int id)
{
    select_free(all, id);
    if (all->selected) {
        all->selected->used = 1;
        pthread_mutex_unlock(&all->selected->lock);
    }
}
