/* SPDX-License-Identifier: MIT */
/*
 * json_out.h - JSON from json-glib's builder, with strings that are valid
 * UTF-8 whatever bytes came in.  Private to report/.
 */
#ifndef HOLDFAST_JSON_OUT_H
#define HOLDFAST_JSON_OUT_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "report/finding.h"

/* A string of an array; NULL is "". */
void hf_json_string(JsonBuilder *b, const char *value);
/* Members of an object. */
void hf_json_member(JsonBuilder *b, const char *name, const char *value);
void hf_json_member_int(JsonBuilder *b, const char *name, gint64 value);
void hf_json_member_bool(JsonBuilder *b, const char *name, gboolean value);
void hf_json_begin_object(JsonBuilder *b, const char *name);
void hf_json_begin_array(JsonBuilder *b, const char *name);
/* { "text": value } */
void hf_json_text_object(JsonBuilder *b, const char *name, const char *value);

/* "accessKeys": what a baseline knows the members of a group by. */
void hf_json_access_keys(JsonBuilder *b, const HfFinding *f);

/* Appends the document and a newline; takes b. */
void hf_json_finish(JsonBuilder *b, gboolean pretty, GString *out);

#endif
