/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Whoever else writes it runs under the big lock, as this does all the time:
 * not worth a word. */

typedef struct QemuMutex { int locked; } QemuMutex;
void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
#define GLOBAL_STATE_CODE() do {} while (0)

typedef struct Task {
    QemuMutex lock;
    int paused;
    int asked;
} Task;

void task_resume(Task *t, void (*resume)(Task *t));
void task_resume(Task *t, void (*resume)(Task *t))
{
    GLOBAL_STATE_CODE();
    qemu_mutex_lock(&t->lock);
    if (t->paused) {
        qemu_mutex_unlock(&t->lock);
        resume(t);
        qemu_mutex_lock(&t->lock);
        t->paused = 0;
    }
    qemu_mutex_unlock(&t->lock);
}

static void set_paused(Task *t, int paused)
{
    qemu_mutex_lock(&t->lock);
    t->paused = paused;
    qemu_mutex_unlock(&t->lock);
}

void task_pause(Task *t);
void task_pause(Task *t)
{
    GLOBAL_STATE_CODE();
    set_paused(t, 1);
}

/* And here it may be anybody. */
void task_answer(Task *t, void (*answer)(Task *t));
void task_answer(Task *t, void (*answer)(Task *t))
{
    GLOBAL_STATE_CODE();
    qemu_mutex_lock(&t->lock);
    if (t->asked) {
        qemu_mutex_unlock(&t->lock);
        answer(t);
        qemu_mutex_lock(&t->lock);
        t->asked = 0; // expect: STALE_CHECK
    }
    qemu_mutex_unlock(&t->lock);
}

void task_ask(Task *t);
void task_ask(Task *t)
{
    qemu_mutex_lock(&t->lock);
    t->asked = 1;
    qemu_mutex_unlock(&t->lock);
}
