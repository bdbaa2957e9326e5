/* SPDX-License-Identifier: MIT */
/*
 * qtest_irq.c - see qtest_irq.h.
 *
 * A line is a VmIrq in the device that drives it.  Watching puts a tap in its
 * place, which notes a change of level and, for lines into a device, passes
 * everything on.  Taps are put in and taken out under the BQL while a device
 * in an iothread might drive the line: the program does so before it starts
 * the device.
 *
 * Thread context: a line is driven from any thread, and the change is queued
 * under tap_lock; the main loop tells of it.
 */
#include "qtest/qtest_irq.h"
#include "base/main_loop.h"
#include "hw/riscv/plic.h"
#include <string.h>

typedef struct Tap {
    VmIrq *line; /* in the device that drives it */
    VmIrq old;   /* what it was */
    bool passes; /* the level on to old */
    int n;       /* as it is reported */
    int level;   /* atomic */
} Tap;

typedef struct Change {
    int n, level;
} Change;

static VmMutex tap_lock LOCK_RANK(RANK_QTEST_IRQ) =
    VM_MUTEX_INIT("qtest irq", RANK_QTEST_IRQ);
static GArray *changes GUARDED_BY(tap_lock); /* not told yet */
static AioBh *flush_bh GUARDED_BY(tap_lock);

static GPtrArray *taps GUARDED_BY(bql); /* NULL: nothing is watched */
static DeviceState *watched GUARDED_BY(bql);
static bool watched_out GUARDED_BY(bql);
static QtestIrqFn *told GUARDED_BY(bql);

/* ---- changes ------------------------------------------------------------ */

void qtest_irq_flush(void)
{
    GArray *list;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&tap_lock);
    list = changes;
    changes = NULL;
    vm_mutex_unlock(&tap_lock);
    for (guint i = 0; list && i < list->len; i++) {
        const Change *c = &g_array_index(list, Change, i);

        told(c->n, c->level);
    }
    if (list) {
        g_array_unref(list);
    }
}

static void GS_FN flush_later(void *opaque)
{
    qtest_irq_flush();
}

static void IO_FN tap_set(void *opaque, int n, int level)
{
    Tap *t = opaque;
    Change c = { t->n, level != 0 };

    if (t->passes) {
        vm_irq_set(&t->old, level);
    }
    if (__atomic_exchange_n(&t->level, c.level, __ATOMIC_RELAXED) == c.level) {
        return;
    }
    vm_mutex_lock(&tap_lock);
    if (!changes) {
        changes = g_array_new(FALSE, FALSE, sizeof(Change));
    }
    g_array_append_val(changes, c);
    if (flush_bh) {
        aio_bh_schedule(flush_bh);
    }
    vm_mutex_unlock(&tap_lock);
}

/* ---- taps --------------------------------------------------------------- */

static void GS_FN add_tap(VmIrq *line, int n, bool passes)
{
    Tap *t = g_new0(Tap, 1);

    *t = (Tap){ .line = line, .old = *line, .passes = passes, .n = n };
    g_ptr_array_add(taps, t);
    *line = (VmIrq){ tap_set, t, n };
}

static bool GS_FN begin_watch(DeviceState *dev, bool out, QtestIrqFn *fn,
                              GError **error)
{
    if (taps && (watched != dev || watched_out != out)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "lines of another device are intercepted already");
        return false;
    }
    if (!taps) {
        taps = g_ptr_array_new_with_free_func(g_free);
        watched = dev;
        watched_out = out;
        told = fn;
        vm_mutex_lock(&tap_lock);
        flush_bh = aio_bh_new(main_loop_context(), flush_later, NULL);
        vm_mutex_unlock(&tap_lock);
    }
    return true;
}

bool qtest_irq_watch_in(Machine *m, DeviceState *dev, QtestIrqFn *fn,
                        GError **error)
{
    GLOBAL_STATE_CODE();
    if (taps && watched == dev && !watched_out) {
        return true;
    }
    if (!begin_watch(dev, false, fn, error)) {
        return false;
    }
    for (guint i = 0; i < m->devices->len; i++) {
        const DeviceState *source = g_ptr_array_index(m->devices, i);

        for (guint j = 0; j < source->irqs->len; j++) {
            VmIrq *line = g_ptr_array_index(source->irqs, j);

            if (line->handler && line->opaque == dev) {
                add_tap(line, line->n, true);
            }
        }
    }
    return true;
}

bool qtest_irq_watch_out(Machine *m, DeviceState *dev, QtestIrqFn *fn,
                         GError **error)
{
    GLOBAL_STATE_CODE();
    if (taps && watched == dev && watched_out) {
        return true;
    }
    if (!begin_watch(dev, true, fn, error)) {
        return false;
    }
    for (guint j = 0; j < dev->irqs->len; j++) {
        add_tap(g_ptr_array_index(dev->irqs, j), j, false);
    }
    return true;
}

void qtest_irq_unwatch(void)
{
    AioBh *bh;

    GLOBAL_STATE_CODE();
    if (!taps) {
        return;
    }
    for (guint i = 0; i < taps->len; i++) {
        Tap *t = g_ptr_array_index(taps, i);

        *t->line = t->old;
    }
    vm_mutex_lock(&tap_lock);
    bh = flush_bh;
    flush_bh = NULL;
    g_clear_pointer(&changes, g_array_unref);
    vm_mutex_unlock(&tap_lock);
    aio_bh_delete(bh);
    g_clear_pointer(&taps, g_ptr_array_unref);
    watched = NULL;
}

/* ---- devices ------------------------------------------------------------ */

DeviceState *qtest_find_device(Machine *m, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    DeviceState *dev = device_find(m, name);

    GLOBAL_STATE_CODE();
    for (guint i = 0; !dev && i < m->devices->len; i++) {
        DeviceState *d = g_ptr_array_index(m->devices, i);

        if (!strcmp(d->klass->name, name)) {
            dev = d;
        }
    }
    return dev;
}

bool qtest_irq_set_in(DeviceState *dev, uint64_t n, int level, GError **error)
{
    VmIrq irq;

    GLOBAL_STATE_CODE();
    if (strcmp(dev->klass->name, "riscv.sifive.plic") || n < 1 ||
        n >= RISCV_PLIC_SOURCES) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'%s' has no input line %" G_GUINT64_FORMAT,
                    dev->klass->name, n);
        return false;
    }
    irq = riscv_plic_irq(dev, n);
    vm_irq_set(&irq, level);
    return true;
}
