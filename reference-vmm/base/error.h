/* SPDX-License-Identifier: MIT */
/*
 * error.h - the VMM's GError domain.
 *
 * Thread context: any.
 */
#ifndef REFVMM_BASE_ERROR_H
#define REFVMM_BASE_ERROR_H

#include "base/annotate.h"
#include <glib.h>

#define VM_ERROR vm_error_quark()
GQuark vm_error_quark(void) IO_FN;

typedef enum VmError {
    VM_ERROR_OS,       /* a system call failed */
    VM_ERROR_STATE,    /* not now */
    VM_ERROR_STREAM,   /* the peer sent nonsense, or went away */
    VM_ERROR_ARGUMENT, /* never with this argument */
} VmError;

/* "WHAT: strerror(errno)" */
void vm_set_errno(GError **error, const char *what) IO_FN;

#endif
