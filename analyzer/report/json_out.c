/* SPDX-License-Identifier: MIT */
#include "report/json_out.h"

#include <string.h>

void hf_json_string(JsonBuilder *b, const char *value)
{
    char *valid;

    if (!value || g_utf8_validate(value, -1, NULL)) {
        json_builder_add_string_value(b, value ? value : "");
        return;
    }
    valid = g_utf8_make_valid(value, -1);
    json_builder_add_string_value(b, valid);
    g_free(valid);
}

void hf_json_member(JsonBuilder *b, const char *name, const char *value)
{
    json_builder_set_member_name(b, name);
    hf_json_string(b, value);
}

void hf_json_member_int(JsonBuilder *b, const char *name, gint64 value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

void hf_json_member_bool(JsonBuilder *b, const char *name, gboolean value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

void hf_json_begin_object(JsonBuilder *b, const char *name)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
}

void hf_json_begin_array(JsonBuilder *b, const char *name)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
}

void hf_json_text_object(JsonBuilder *b, const char *name, const char *value)
{
    hf_json_begin_object(b, name);
    hf_json_member(b, "text", value);
    json_builder_end_object(b);
}

void hf_json_access_keys(JsonBuilder *b, const HfFinding *f)
{
    if (!f->access_keys) {
        return;
    }
    hf_json_begin_array(b, "accessKeys");
    for (guint i = 0; i < f->access_keys->len; i++) {
        hf_json_string(b, f->access_keys->pdata[i]);
    }
    json_builder_end_array(b);
}

/* json-glib 1.6 escapes control characters up to 0x1e only. */
static void append_escaped(GString *out, const GString *text)
{
    const char *from = text->str;
    const char *end = from + text->len;
    const char *us;

    while ((us = memchr(from, 0x1f, (gsize)(end - from)))) {
        g_string_append_len(out, from, us - from);
        g_string_append(out, "\\u001f");
        from = us + 1;
    }
    g_string_append_len(out, from, end - from);
}

void hf_json_finish(JsonBuilder *b, gboolean pretty, GString *out)
{
    JsonGenerator *g = json_generator_new();
    JsonNode *root = json_builder_get_root(b);
    GString *text = g_string_new(NULL);

    json_generator_set_pretty(g, pretty);
    json_generator_set_indent(g, 1);
    json_generator_set_root(g, root);
    json_generator_to_gstring(g, text);
    append_escaped(out, text);
    g_string_append_c(out, '\n');
    g_string_free(text, TRUE);
    json_node_unref(root);
    g_object_unref(g);
    g_object_unref(b);
}
