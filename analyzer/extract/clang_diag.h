/* SPDX-License-Identifier: MIT */
/*
 * clang_diag.h - counting what libclang complains of.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_CLANG_DIAG_H
#define HOLDFAST_EXTRACT_CLANG_DIAG_H

#include <clang-c/Index.h>

static inline unsigned hf_clang_count_errors(CXTranslationUnit tu)
{
    unsigned n = 0;

    for (unsigned i = 0; i < clang_getNumDiagnostics(tu); i++) {
        CXDiagnostic diag = clang_getDiagnostic(tu, i);

        n += clang_getDiagnosticSeverity(diag) >= CXDiagnostic_Error;
        clang_disposeDiagnostic(diag);
    }
    return n;
}

#endif
