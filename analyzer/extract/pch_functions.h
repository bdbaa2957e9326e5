/* SPDX-License-Identifier: MIT */
/*
 * pch_functions.h - finding a function of a precompiled header by its name.
 * Private to extract.
 *
 * Attribute cleanup names a function without referring to it, and libclang
 * reaches what is in a precompiled header only by reference.  So the header
 * ends with functions that do nothing but mention others: a tree whose root
 * is HF_PCH_FUNCTIONS and whose branches are digits of a hash of the name, so
 * that finding one loads a few declarations and not thousands.
 */
#ifndef HOLDFAST_EXTRACT_PCH_FUNCTIONS_H
#define HOLDFAST_EXTRACT_PCH_FUNCTIONS_H

#include <clang-c/Index.h>
#include <glib.h>

/* C text of the tree; names: char*, functions declared before it. One name a
 * line, so that a line with an error names its culprit. */
void hf_pch_functions_write(const GPtrArray *names, GString *out);
/* What a unit has to be given after the header to get at the root. */
#define HF_PCH_FUNCTIONS_DECLARATION \
    "static void " HF_PCH_FUNCTIONS "(void);\n"

/* Functions of a unit that attribute cleanup could name; char*, owned. */
GPtrArray *hf_pch_functions_collect(CXTranslationUnit tu);

/* root: any declaration of HF_PCH_FUNCTIONS.  FALSE: not in the tree. */
gboolean hf_pch_function_find(CXCursor root, const char *name, CXCursor *out);

#endif
