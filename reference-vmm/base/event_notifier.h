/* SPDX-License-Identifier: MIT */
/*
 * event_notifier.h - an eventfd: one bit that one thread sets and an event
 * loop sees.
 *
 * Thread context: any; clean-up when no loop watches it any more.
 */
#ifndef REFVMM_BASE_EVENT_NOTIFIER_H
#define REFVMM_BASE_EVENT_NOTIFIER_H

#include "base/annotate.h"
#include <glib.h>
#include <stdbool.h>

typedef struct EventNotifier {
    int fd; /* -1: not initialised */
} EventNotifier;

bool event_notifier_init(EventNotifier *n, GError **error) IO_FN;
void event_notifier_cleanup(EventNotifier *n) IO_FN; /* twice is fine */
void event_notifier_set(EventNotifier *n) IO_FN;
/* Whether it was set. */
bool event_notifier_test_and_clear(EventNotifier *n) IO_FN;

#endif
