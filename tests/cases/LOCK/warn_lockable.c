/* SPDX-License-Identifier: MIT */
// profile: qemu
/* The lock behind a guard is known by its name elsewhere. */
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
QemuLockable *qemu_lockable_auto_lock(QemuLockable *x);
void qemu_lockable_auto_unlock(QemuLockable *x);

static inline void clear_guard(QemuLockable **x)
{
    if (*x) {
        qemu_lockable_auto_unlock(*x);
    }
}

#define GUARD(m)                                                    \
    QemuLockable *guard_ __attribute__((cleanup(clear_guard))) =   \
        qemu_lockable_auto_lock(&(QemuLockable){                    \
            .object = (m), .lock = lock_it, .unlock = unlock_it })

struct Job {
    QemuMutex mutex;
    int n;
};

static int job_count(struct Job *j)
{
    GUARD(&j->mutex);

    return j->n;
}

void job_direct(struct Job *j)
{
    GUARD(&j->mutex);

    qemu_mutex_lock(&j->mutex); // expect: LOCK
    j->n++;
}

void job_callee(struct Job *j)
{
    qemu_mutex_lock(&j->mutex);
    j->n = job_count(j) + 1; // expect: LOCK
    qemu_mutex_unlock(&j->mutex);
}

void job_unlocks(struct Job *j)
{
    GUARD(&j->mutex);

    j->n--;
    qemu_mutex_unlock(&j->mutex);
} // expect: LOCK
