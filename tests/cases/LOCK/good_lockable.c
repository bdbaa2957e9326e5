/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Guards that hold an object which only stands for the lock. */
#include <stdbool.h>
#include <stddef.h>

typedef struct QemuMutex {
    int word;
} QemuMutex;

typedef struct QemuLockable {
    void *object;
    void (*lock)(void *);
    void (*unlock)(void *);
} QemuLockable;

void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
void lock_it(void *m);
void unlock_it(void *m);

static inline QemuLockable *qemu_lockable_auto_lock(QemuLockable *x)
{
    x->lock(x->object);
    return x;
}

static inline void qemu_lockable_auto_unlock(QemuLockable *x)
{
    if (x) {
        x->unlock(x->object);
    }
}

static inline void clear_guard(QemuLockable **x)
{
    if (*x) {
        qemu_lockable_auto_unlock(*x);
    }
}

#define LOCKABLE(m) \
    (&(QemuLockable){ .object = (m), .lock = lock_it, .unlock = unlock_it })
#define GUARD(m)                                                  \
    QemuLockable *guard_ __attribute__((cleanup(clear_guard))) = \
        qemu_lockable_auto_lock(LOCKABLE(m))
#define WITH_GUARD(m)                                             \
    for (QemuLockable *with_ __attribute__((cleanup(clear_guard))) = \
             qemu_lockable_auto_lock(LOCKABLE(m));                \
         with_; qemu_lockable_auto_unlock(with_), with_ = NULL)

struct Job {
    QemuMutex mutex;
    bool busy;
    int n;
};

int yield_to(struct Job *j);

/* Gives it back and takes it again: its callers hold it by a guard. */
static void job_yield_locked(struct Job *j)
{
    qemu_mutex_unlock(&j->mutex);
    yield_to(j);
    qemu_mutex_lock(&j->mutex);
}

int job_run(struct Job *j)
{
    GUARD(&j->mutex);

    if (j->busy) {
        return -1;
    }
    job_yield_locked(j);
    return ++j->n;
}

int job_poll(struct Job *j)
{
    WITH_GUARD(&j->mutex) {
        if (j->busy) {
            return 1;
        }
        job_yield_locked(j);
        if (j->n > 3) {
            break;
        }
        j->n++;
    }
    return 0;
}

void job_twice(struct Job *j)
{
    WITH_GUARD(&j->mutex) {
        j->n++;
    }
    WITH_GUARD(&j->mutex) {
        j->n--;
    }
}
