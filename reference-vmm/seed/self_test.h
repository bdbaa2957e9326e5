/* SPDX-License-Identifier: MIT */
/*
 * self_test.h - what `refvmm --self-test` does: talk to the monitor like any
 * user, migrate while the guest writes, and compare the memories.
 *
 * Thread context: under the BQL; the talking is done by a thread of its own.
 */
#ifndef REFVMM_SELF_TEST_H
#define REFVMM_SELF_TEST_H

#include "base/lock.h"
#include "base/main_loop.h"
#include <glib.h>

typedef struct SelfTest SelfTest;

/* Opens the monitor's two descriptors and starts talking. */
SelfTest *self_test_start(int *ret_in_fd, int *ret_out_fd,
                          GError **error) GS_FN;
/* After the monitor, and before the machine is freed.  Says what failed; NULL
 * for nothing.  To be freed.  st NULL is fine. */
char *self_test_finish(SelfTest *st) DROPS(bql) GS_FN;

#endif
