/* SPDX-License-Identifier: MIT */
/*
 * link_target.h - what a build system links into a program.  Private to
 * extract.
 */
#ifndef HOLDFAST_EXTRACT_LINK_TARGET_H
#define HOLDFAST_EXTRACT_LINK_TARGET_H

#include <glib.h>

/*
 * Adds the absolute path of everything that goes into the targets to inputs,
 * a set that owns its strings.  An unknown target is an error that names
 * those there are.
 */
gboolean hf_link_inputs_ninja(const char *build_dir,
                              const char *const *targets, GHashTable *inputs,
                              GError **error);
gboolean hf_link_inputs_cmake(const char *build_dir,
                              const char *const *targets, GHashTable *inputs,
                              GError **error);

/* Has CMake's Makefile generator been here? */
gboolean hf_link_is_cmake(const char *build_dir);

/* "one, two, three and 17 more"; sorts names. */
char *hf_link_names(GPtrArray *names);

#endif
