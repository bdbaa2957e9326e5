/* SPDX-License-Identifier: MIT */
/*
 * trace.h - points in the program that say, when asked to, that they were
 * passed.
 *
 *     TRACE(virtio_blk_submit, "request %p sector %" PRIu64, req, sector);
 *
 * `-trace 'virtio_*'` turns on what matches.  A point that is off costs one
 * load and a branch.
 *
 * Thread context: any; a line is written to stderr in one piece.
 */
#ifndef REFVMM_BASE_TRACE_H
#define REFVMM_BASE_TRACE_H

#include "base/annotate.h"
#include <glib.h>
#include <stdbool.h>

typedef struct TracePoint {
    const char *name;
    bool enabled; /* atomic */
} TracePoint;

/* The linker gathers the pointers from all files. */
#define TRACE(name_, ...)                                                   \
    do {                                                                    \
        static TracePoint trace_point_ = { #name_, false };                 \
        static TracePoint *const trace_entry_                               \
            __attribute__((section("vm_trace_points"), used)) =             \
            &trace_point_;                                                  \
        if (__builtin_expect(                                               \
                __atomic_load_n(&trace_point_.enabled, __ATOMIC_RELAXED),   \
                0)) {                                                       \
            trace_write(#name_, __VA_ARGS__);                               \
        }                                                                   \
        (void)trace_entry_;                                                 \
    } while (0)

/* Turns on the points whose names match the pattern (* and ?); an error when
 * there is none. */
bool trace_enable(const char *pattern, GError **error) IO_FN;
void trace_disable_all(void) IO_FN;
/* Names, sorted, each once; the caller frees it with g_strfreev(). */
char **trace_names(void) IO_FN;
void trace_write(const char *name, const char *format, ...) IO_FN
    G_GNUC_PRINTF(2, 3);

#endif
