/* SPDX-License-Identifier: MIT */
/*
 * trace.c - see trace.h.
 *
 * Thread context: any; points are turned on and off by atomic stores.
 */
#include "base/trace.h"
#include "base/error.h"
#include "base/lock.h"
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* Absent where no file has a point. */
extern TracePoint *const __start_vm_trace_points[] __attribute__((weak));
extern TracePoint *const __stop_vm_trace_points[] __attribute__((weak));

bool trace_enable(const char *pattern, GError **error)
{
    GPatternSpec *spec = g_pattern_spec_new(pattern);
    bool any = false;

    IO_CODE();
    for (TracePoint *const *p = __start_vm_trace_points;
         p < __stop_vm_trace_points; p++) {
        if (g_pattern_spec_match_string(spec, (*p)->name)) {
            __atomic_store_n(&(*p)->enabled, true, __ATOMIC_RELAXED);
            any = true;
        }
    }
    g_pattern_spec_free(spec);
    if (!any) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "no trace point matches '%s'", pattern);
    }
    return any;
}

void trace_disable_all(void)
{
    IO_CODE();
    for (TracePoint *const *p = __start_vm_trace_points;
         p < __stop_vm_trace_points; p++) {
        __atomic_store_n(&(*p)->enabled, false, __ATOMIC_RELAXED);
    }
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **trace_names(void)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    IO_CODE();
    for (TracePoint *const *p = __start_vm_trace_points;
         p < __stop_vm_trace_points; p++) {
        g_ptr_array_add(names, g_strdup((*p)->name));
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 1; i < names->len;) {
        if (g_str_equal(names->pdata[i - 1], names->pdata[i])) {
            g_ptr_array_remove_index(names, i);
        } else {
            i++;
        }
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

void trace_write(const char *name, const char *format, ...)
{
    int64_t now = vm_clock_ns();
    GString *line = g_string_new("");
    va_list args;

    IO_CODE();
    g_string_printf(line, "%" G_GINT64_FORMAT ".%06d %s ", now / 1000000000,
                    (int)(now % 1000000000 / 1000), name);
    va_start(args, format);
    g_string_append_vprintf(line, format, args);
    va_end(args);
    g_string_append_c(line, '\n');
    /* A trace that cannot be written has nobody to be told of it. */
    if (write(STDERR_FILENO, line->str, line->len) < 0) {
        (void)0;
    }
    g_string_free(line, TRUE);
}
