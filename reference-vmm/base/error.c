/* SPDX-License-Identifier: MIT */
/*
 * error.c - see error.h.
 *
 * Thread context: any.
 */
#include "base/error.h"
#include <errno.h>

GQuark vm_error_quark(void)
{
    return g_quark_from_static_string("refvmm-error");
}

void vm_set_errno(GError **error, const char *what)
{
    g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: %s", what,
                g_strerror(errno));
}
