/* SPDX-License-Identifier: MIT */
/*
 * yank.c - see yank.h.
 *
 * Thread context: any; the list and descriptors are under a lock that is held
 * for system calls that do not block.
 */
#include "base/yank.h"
#include "base/lock.h"
#include <glib.h>
#include <string.h>
#include <sys/socket.h>

static VmMutex yank_lock LOCK_RANK(RANK_YANK) =
    VM_MUTEX_INIT("yank", RANK_YANK);
static GQueue yanks GUARDED_BY(yank_lock); /* of Yank*, oldest first */

struct Yank {
    const char *kind;
    char *id;
    int fd GUARDED_BY(yank_lock);
};

Yank *yank_new(const char *kind, const char *id)
{
    Yank *y = g_new0(Yank, 1);

    IO_CODE();
    y->kind = kind;
    y->id = g_strdup(id);
    vm_mutex_lock(&yank_lock);
    y->fd = -1;
    g_queue_push_tail(&yanks, y);
    vm_mutex_unlock(&yank_lock);
    return y;
}

void yank_free(Yank *y)
{
    IO_CODE();
    if (!y) {
        return;
    }
    vm_mutex_lock(&yank_lock);
    g_queue_remove(&yanks, y);
    vm_mutex_unlock(&yank_lock);
    g_free(y->id);
    g_free(y);
}

void yank_set_fd(Yank *y, int fd)
{
    IO_CODE();
    vm_mutex_lock(&yank_lock);
    y->fd = fd;
    vm_mutex_unlock(&yank_lock);
}

char **yank_list(void)
{
    GPtrArray *list = g_ptr_array_new();

    IO_CODE();
    vm_mutex_lock(&yank_lock);
    for (GList *l = yanks.head; l; l = l->next) {
        const Yank *y = l->data;

        g_ptr_array_add(list, g_strdup(y->kind));
        g_ptr_array_add(list, g_strdup(y->id));
    }
    vm_mutex_unlock(&yank_lock);
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(list, FALSE);
}

static Yank *find_locked(const char *kind, const char *id) REQUIRES(yank_lock);
static Yank *find_locked(const char *kind, const char *id)
{
    for (GList *l = yanks.head; l; l = l->next) {
        Yank *y = l->data;

        if (!strcmp(y->kind, kind) && !strcmp(y->id, id)) {
            return y;
        }
    }
    return NULL;
}

bool yank_exists(const char *kind, const char *id)
{
    bool found;

    IO_CODE();
    vm_mutex_lock(&yank_lock);
    found = find_locked(kind, id) != NULL;
    vm_mutex_unlock(&yank_lock);
    return found;
}

bool yank_cut(const char *kind, const char *id)
{
    Yank *y;

    IO_CODE();
    vm_mutex_lock(&yank_lock);
    y = find_locked(kind, id);
    if (y && y->fd >= 0) {
        shutdown(y->fd, SHUT_RDWR);
    }
    vm_mutex_unlock(&yank_lock);
    return y != NULL;
}
