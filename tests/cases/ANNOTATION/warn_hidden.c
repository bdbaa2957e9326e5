/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The header does not say what the definition does. */
#include "hidden.h"

void HF_REQUIRES(&log->lock) // expect: ANNOTATION
log_flush(Log *log)
{
    log->lines = 0;
}

/* The header says it, too. */
void log_append(Log *log)
{
    log->lines++;
}

/* The same, in words of its own. */
void HF_REQUIRES(&which->lock) log_trim(Log *which)
{
    which->lines--;
}

int HF_COROUTINE_FN log_read(Log *log) // expect: ANNOTATION
{
    return 1;
}

void HF_GS_FN log_reset(void) // expect: ANNOTATION
{
}

/* Nobody else sees it. */
static int HF_REQUIRES(&log->lock) count(Log *log)
{
    return log->lines;
}

int log_count(Log *log)
{
    int n;

    pthread_mutex_lock(&log->lock);
    n = count(log);
    pthread_mutex_unlock(&log->lock);
    return n;
}
