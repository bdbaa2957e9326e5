/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The object is looked up: no caller has a name for its lock, nor does any
 * give such a lock back. */
#include <pthread.h>
#include <stddef.h>
#include <string.h>

struct file {
    struct file *next;
    const char *name;
};

struct monitor {
    pthread_mutex_t lock;
    struct file *files;
};

struct monitor *current(void);

static void close_file(const char *name)
{
    struct monitor *m = current();

    pthread_mutex_lock(&m->lock);
    for (struct file *f = m->files; f; f = f->next) {
        if (strcmp(f->name, name) == 0) {
            f->name = NULL;
            return;             // expect: LOCK
        }
    }
    pthread_mutex_unlock(&m->lock);
}

void run(const char *name);
void run(const char *name)
{
    close_file(name);
}
