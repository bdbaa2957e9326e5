/* SPDX-License-Identifier: MIT */
/* What callers see of hidden.c's functions. */
#ifndef HIDDEN_H
#define HIDDEN_H

#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct Log {
    pthread_mutex_t lock;
    int lines HF_GUARDED_BY(&lock);
} Log;

void log_flush(Log *log);
void log_append(Log *log) HF_REQUIRES(&log->lock);
void log_trim(Log *log) HF_REQUIRES(&log->lock);
int log_read(Log *log);
void log_reset(void);
int log_count(Log *log);

#endif
