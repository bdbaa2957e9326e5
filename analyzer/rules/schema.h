/* SPDX-License-Identifier: MIT */
/*
 * schema.h - descriptions of the rules format, generated from its tables.
 *
 * rules/schema.json and the tables in rules/README.md are these texts; a test
 * compares them.
 */
#ifndef HOLDFAST_RULES_SCHEMA_H
#define HOLDFAST_RULES_SCHEMA_H

#include <glib.h>

/* JSON Schema, draft 2020-12, of one rules file. */
void hf_rules_schema(GString *out);
/* Markdown: the sections with their keys, then the effects. */
void hf_rules_key_tables(GString *out);

#endif
