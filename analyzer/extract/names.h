/* SPDX-License-Identifier: MIT */
/*
 * names.h - identifiers as small numbers.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_NAMES_H
#define HOLDFAST_EXTRACT_NAMES_H

#include <glib.h>
#include <stdint.h>

typedef struct HfNames HfNames;

HfNames *hf_names_new(void);
void hf_names_free(HfNames *names);
/* Numbers count from 1; names need no terminator. */
uint32_t hf_names_intern(HfNames *names, const char *name, gsize len);
/* 0 when it was never interned. */
uint32_t hf_names_find(const HfNames *names, const char *name, gsize len);
/* Valid until the next name is interned. */
const char *hf_names_get(const HfNames *names, uint32_t id);
uint32_t hf_names_count(const HfNames *names); /* largest number */

#endif
