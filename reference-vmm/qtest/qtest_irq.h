/* SPDX-License-Identifier: MIT */
/*
 * qtest_irq.h - lines that a test program watches or sets.
 *
 * Thread context: under the BQL, but for what qtest_irq.c says of lines.
 */
#ifndef REFVMM_QTEST_QTEST_IRQ_H
#define REFVMM_QTEST_QTEST_IRQ_H

#include "hw/machine.h"

/* Told of every change of a watched line, in the main loop. */
typedef void QtestIrqFn(int n, int level);

/*
 * By id, by class ("riscv.sifive.plic"), or by a path that ends in one of
 * them ("/machine/peripheral/vd0"); of several of a class the first.  NULL:
 * there is none.
 */
DeviceState *qtest_find_device(Machine *m, const char *path) GS_FN;

/* From now on fn hears of the lines into dev, which go on reaching it.  One
 * device at a time, for in and out together; false with an error. */
bool qtest_irq_watch_in(Machine *m, DeviceState *dev, QtestIrqFn *fn,
                        GError **error) GS_FN;
/* The lines out of dev, which reach nobody else any more. */
bool qtest_irq_watch_out(Machine *m, DeviceState *dev, QtestIrqFn *fn,
                         GError **error) GS_FN;
/* Line n into dev, as if a device drove it. */
bool qtest_irq_set_in(DeviceState *dev, uint64_t n, int level,
                      GError **error) GS_FN;
/* Calls fn for changes that other threads have made. */
void qtest_irq_flush(void) GS_FN;
/* Lines are as they were before. */
void qtest_irq_unwatch(void) GS_FN;

#endif
