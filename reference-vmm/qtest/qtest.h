/* SPDX-License-Identifier: MIT */
/*
 * qtest.h - a server for test programs that drive devices in place of a CPU,
 * speaking QEMU's text protocol (`-accel qtest -qtest unix:PATH`).
 *
 * One command a line, one answer a line: "OK", "OK VALUE" or "FAIL why".
 * Numbers are C's: 16, 0x10, 020.
 *
 *     readb|readw|readl|readq ADDR           OK 0x%016x
 *     writeb|writew|writel|writeq ADDR VALUE
 *     read ADDR SIZE                         OK 0xHEX
 *     write ADDR SIZE 0xHEX                  short data is filled up with 0
 *     b64read ADDR SIZE                      OK BASE64
 *     b64write ADDR SIZE BASE64
 *     memset ADDR SIZE BYTE
 *     clock_step [NS], clock_set NS          OK NOW
 *     endianness                             OK little
 *     irq_intercept_in DEVICE, irq_intercept_out DEVICE
 *         from then on "IRQ raise N" and "IRQ lower N", between answers
 *     set_irq_in DEVICE NAME N LEVEL
 *
 * Thread context: under the BQL, in the main loop.
 */
#ifndef REFVMM_QTEST_QTEST_H
#define REFVMM_QTEST_QTEST_H

#include "hw/chardev/chardev.h"
#include "hw/machine.h"
#include <stdio.h>

/* log: a stream for every line that goes in or out; NULL: none; both stay the
 * caller's.  The virtual clock is moved by commands alone from now on. */
bool qtest_start(Machine *m, Chardev *c, FILE *log, GError **error) GS_FN;
void qtest_stop(void) GS_FN;

#endif
