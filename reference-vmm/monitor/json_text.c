/* SPDX-License-Identifier: MIT */
/*
 * json_text.c - see json_text.h.
 *
 * Thread context: any.
 */
#include "monitor/json_text.h"
#include <string.h>

#define INDENT 4

typedef struct Writer {
    GString *out;
    bool pretty;
    int level;
} Writer;

static void write_node(Writer *w, JsonNode *node);

static void new_line(Writer *w)
{
    if (w->pretty) {
        g_string_append_printf(w->out, "\n%*s", w->level * INDENT, "");
    }
}

/* Before an element that is not the first. */
static void separate(Writer *w, bool first)
{
    if (!first) {
        g_string_append(w->out, w->pretty ? "," : ", ");
    }
    new_line(w);
}

/* ---- strings ------------------------------------------------------------ */

static void write_unichar(GString *out, gunichar c)
{
    if (c >= 0x10000) { /* as a pair of surrogates */
        c -= 0x10000;
        g_string_append_printf(out, "\\u%04X\\u%04X", 0xd800 | (c >> 10),
                               0xdc00 | (c & 0x3ff));
    } else {
        g_string_append_printf(out, "\\u%04X", c);
    }
}

static void write_string(GString *out, const char *text)
{
    static const char plain[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

    g_string_append_c(out, '"');
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        const char *escape = NULL;

        for (size_t i = 0; i + 1 < sizeof(plain) && !escape; i += 2) {
            escape = plain[i] == *p ? &plain[i + 1] : NULL;
        }
        if (escape) {
            g_string_append_printf(out, "\\%c", *escape);
        } else if ((unsigned char)*p < ' ' || (unsigned char)*p >= 127) {
            write_unichar(out, g_utf8_get_char(p));
        } else {
            g_string_append_c(out, *p);
        }
    }
    g_string_append_c(out, '"');
}

/* ---- values ------------------------------------------------------------- */

static void write_object(Writer *w, JsonObject *object)
{
    g_autoptr(GList) names = json_object_get_members(object);

    g_string_append_c(w->out, '{');
    w->level++;
    for (GList *l = names; l; l = l->next) {
        separate(w, l == names);
        write_string(w->out, l->data);
        g_string_append(w->out, ": ");
        write_node(w, json_object_get_member(object, l->data));
    }
    w->level--;
    new_line(w);
    g_string_append_c(w->out, '}');
}

static void write_array(Writer *w, JsonArray *array)
{
    g_string_append_c(w->out, '[');
    w->level++;
    for (guint i = 0; i < json_array_get_length(array); i++) {
        separate(w, i == 0);
        write_node(w, json_array_get_element(array, i));
    }
    w->level--;
    new_line(w);
    g_string_append_c(w->out, ']');
}

static void write_value(Writer *w, JsonNode *node)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    switch (json_node_get_value_type(node)) {
    case G_TYPE_STRING:
        write_string(w->out, json_node_get_string(node));
        break;
    case G_TYPE_BOOLEAN:
        g_string_append(w->out, json_node_get_boolean(node) ? "true"
                                                            : "false");
        break;
    case G_TYPE_DOUBLE:
        g_string_append(w->out, g_ascii_formatd(number, sizeof(number),
                                                "%.17g",
                                                json_node_get_double(node)));
        break;
    default:
        g_string_append_printf(w->out, "%" G_GINT64_FORMAT,
                               json_node_get_int(node));
        break;
    }
}

static void write_node(Writer *w, JsonNode *node)
{
    switch (json_node_get_node_type(node)) {
    case JSON_NODE_OBJECT:
        write_object(w, json_node_get_object(node));
        break;
    case JSON_NODE_ARRAY:
        write_array(w, json_node_get_array(node));
        break;
    case JSON_NODE_VALUE:
        write_value(w, node);
        break;
    case JSON_NODE_NULL:
        g_string_append(w->out, "null");
        break;
    }
}

char *json_text(JsonNode *node, bool pretty)
{
    Writer w = { .out = g_string_new(NULL), .pretty = pretty };

    IO_CODE();
    write_node(&w, node);
    return g_string_free(w.out, FALSE);
}
