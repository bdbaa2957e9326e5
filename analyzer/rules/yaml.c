/* SPDX-License-Identifier: MIT */
/* YAML events to a tree with places; see yaml.h for what is refused. */
#include "rules/yaml.h"
#include "rules/message.h"
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *file;
    struct fy_diag *diag;
    struct fy_parser *parser;
    HfRulePlace last; /* where the last node with a place was */
} Reader;

void hf_node_free(HfNode *node)
{
    if (!node)
        return;
    g_free(node->text);
    g_clear_pointer(&node->keys, g_ptr_array_unref);
    g_clear_pointer(&node->items, g_ptr_array_unref);
    g_free(node);
}

static void node_free(gpointer node)
{
    hf_node_free(node);
}

char *hf_node_describe(const HfNode *node)
{
    switch (node->kind) {
    case HF_NODE_LIST:
        return g_strdup("a list");
    case HF_NODE_MAP:
        return g_strdup("a mapping");
    default:
        if (!node->quoted && !*node->text)
            return g_strdup("nothing");
        return hf_quote(node->text);
    }
}

static HfNode *node_new(Reader *r, HfNodeKind kind, struct fy_token *token)
{
    HfNode *node = g_new0(HfNode, 1);
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

    node->kind = kind;
    /* Implicit tokens (an omitted value) have no mark of their own. */
    if (mark) {
        r->last.line = mark->line + 1;
        r->last.col = mark->column + 1;
    }
    node->place = r->last;
    if (kind == HF_NODE_MAP)
        node->keys = g_ptr_array_new_with_free_func(node_free);
    if (kind != HF_NODE_SCALAR)
        node->items = g_ptr_array_new_with_free_func(node_free);
    return node;
}

/* libfyaml's own report of the first error. */
static void fail_syntax(Reader *r, GError **error)
{
    void *iter = NULL;
    struct fy_diag_error *e = fy_diag_errors_iterate(r->diag, &iter);
    HfRulePlace at = r->last;

    if (e && e->line > 0) {
        at.line = e->line;
        at.col = e->column;
    }
    hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &at, "not YAML: %s",
                  e && e->msg ? e->msg : "cannot be parsed");
}

static struct fy_event *next_event(Reader *r, GError **error)
{
    struct fy_event *event = fy_parser_parse(r->parser);

    if (!event)
        fail_syntax(r, error);
    return event;
}

static gboolean refuse_token(Reader *r, struct fy_token *token,
                             const char *what, GError **error)
{
    const struct fy_mark *mark;

    if (!token)
        return TRUE;
    mark = fy_token_start_mark(token);
    if (mark)
        r->last = (HfRulePlace){ r->file, mark->line + 1, mark->column + 1 };
    hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &r->last,
                  "expected plain YAML, found %s", what);
    return FALSE;
}

static HfNode *scalar_node(Reader *r, const struct fy_event *event,
                           GError **error)
{
    struct fy_token *value = event->scalar.value;
    gsize len = 0;
    const char *text = value ? fy_token_get_text(value, &len) : NULL;
    HfNode *node = node_new(r, HF_NODE_SCALAR, value);
    enum fy_scalar_style style = value ? fy_token_scalar_style(value)
                                       : FYSS_PLAIN;

    node->quoted = style != FYSS_PLAIN;
    /* The token starts behind its quote; a reader looks at the quote. */
    if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
        node->place.col--;
    node->text = g_strndup(text ? text : "", len);
    for (const char *p = node->text; p < node->text + len; p++) {
        if ((guchar)*p >= ' ' || *p == '\n' || *p == '\t')
            continue;
        hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &node->place,
                      "expected text, found control character 0x%02x",
                      (guchar)*p);
        hf_node_free(node);
        return NULL;
    }
    return node;
}

static HfNode *build(Reader *r, struct fy_event *event, guint depth,
                     GError **error);

static gboolean add_key(HfNode *map, HfNode *key, GHashTable *seen,
                        GError **error)
{
    const HfNode *first;
    char *text;

    g_ptr_array_add(map->keys, key);
    if (key->kind != HF_NODE_SCALAR) {
        text = hf_node_describe(key);
        hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &key->place,
                      "expected a key, found %s", text);
        g_free(text);
        return FALSE;
    }
    first = g_hash_table_lookup(seen, key->text);
    if (first) {
        text = hf_quote(key->text);
        hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &key->place,
                      "expected each key once, found %s again (first on "
                      "line %d)", text, first->place.line);
        g_free(text);
        return FALSE;
    }
    g_hash_table_insert(seen, key->text, key);
    return TRUE;
}

/* Fill a list or a mapping up to its end event. */
static gboolean fill(Reader *r, HfNode *node, guint depth, GError **error)
{
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    gboolean want_key = node->kind == HF_NODE_MAP;
    gboolean ok = FALSE;

    for (;;) {
        struct fy_event *event = next_event(r, error);
        HfNode *child;

        if (!event)
            break;
        if (event->type == FYET_SEQUENCE_END ||
            event->type == FYET_MAPPING_END) {
            fy_parser_event_free(r->parser, event);
            ok = TRUE;
            break;
        }
        child = build(r, event, depth + 1, error);
        if (!child)
            break;
        if (want_key) {
            if (!add_key(node, child, seen, error))
                break;
        } else {
            g_ptr_array_add(node->items, child);
        }
        if (node->kind == HF_NODE_MAP)
            want_key = !want_key;
    }
    g_hash_table_unref(seen);
    return ok;
}

/* One node from its first event on; frees the event. */
static HfNode *build(Reader *r, struct fy_event *event, guint depth,
                     GError **error)
{
    HfNode *node = NULL;
    gboolean ok = FALSE;

    if (event->type == FYET_SCALAR) {
        if (refuse_token(r, event->scalar.anchor, "an anchor", error) &&
            refuse_token(r, event->scalar.tag, "a tag", error))
            node = scalar_node(r, event, error);
        ok = node != NULL;
    } else if (event->type == FYET_SEQUENCE_START) {
        ok = refuse_token(r, event->sequence_start.anchor, "an anchor",
                          error) &&
            refuse_token(r, event->sequence_start.tag, "a tag", error);
        node = node_new(r, HF_NODE_LIST,
                        event->sequence_start.sequence_start);
    } else if (event->type == FYET_MAPPING_START) {
        ok = refuse_token(r, event->mapping_start.anchor, "an anchor",
                          error) &&
            refuse_token(r, event->mapping_start.tag, "a tag", error);
        node = node_new(r, HF_NODE_MAP, event->mapping_start.mapping_start);
    } else if (event->type == FYET_ALIAS) {
        refuse_token(r, event->alias.anchor, "an alias", error);
    } else {
        hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &r->last,
                      "not YAML: a value is missing");
    }
    fy_parser_event_free(r->parser, event);
    if (ok && depth > HF_YAML_MAX_DEPTH) {
        hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &node->place,
                      "expected at most %u levels, found more",
                      HF_YAML_MAX_DEPTH);
        ok = FALSE;
    }
    if (ok && node->kind != HF_NODE_SCALAR)
        ok = fill(r, node, depth, error);
    if (!ok)
        g_clear_pointer(&node, hf_node_free);
    return node;
}

/* The stream: exactly one document. */
static HfNode *read_stream(Reader *r, GError **error)
{
    HfNode *root = NULL;

    for (;;) {
        struct fy_event *event = next_event(r, error);

        if (!event)
            break;
        if (event->type == FYET_STREAM_END) {
            fy_parser_event_free(r->parser, event);
            if (!root)
                hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &r->last,
                              "expected a mapping, found nothing");
            return root;
        }
        if (event->type == FYET_STREAM_START ||
            event->type == FYET_DOCUMENT_START ||
            event->type == FYET_DOCUMENT_END) {
            fy_parser_event_free(r->parser, event);
            continue;
        }
        if (root) {
            fy_parser_event_free(r->parser, event);
            hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &r->last,
                          "expected one document, found another after it");
            break;
        }
        root = build(r, event, 1, error);
        if (!root)
            break;
    }
    hf_node_free(root);
    return NULL;
}

static gboolean check_lines(const char *text, gsize len, const char *file,
                            GError **error)
{
    HfRulePlace at = { file, 1, 1 };

    for (gsize i = 0; i < len; i++) {
        if (at.col == 1 && text[i] == '%') {
            hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &at,
                          "expected plain YAML, found a directive");
            return FALSE;
        }
        if (text[i] == '\t') {
            hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &at,
                          "expected spaces, found a tab");
            return FALSE;
        }
        at.col++;
        if (text[i] == '\n' || text[i] == '\r') {
            at.line++;
            at.col = 1;
        }
        if ((guint)at.col > HF_YAML_MAX_LINE) {
            hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &at,
                          "expected lines of at most %u bytes, found a longer "
                          "one", HF_YAML_MAX_LINE);
            return FALSE;
        }
    }
    return TRUE;
}

/* Size and encoding, before the parser sees a byte. */
static gboolean check_bytes(const char *text, gsize len, const char *file,
                            GError **error)
{
    HfRulePlace at = { file, 1, 1 };
    const char *end;

    if (len > HF_YAML_MAX_BYTES) {
        hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &at,
                      "expected at most %u bytes, found %" G_GSIZE_FORMAT,
                      HF_YAML_MAX_BYTES, len);
        return FALSE;
    }
    if (g_utf8_validate(text, len, &end))
        return check_lines(text, len, file, error);
    for (const char *p = text; p < end; p++) {
        at.col++;
        if (*p == '\n') {
            at.line++;
            at.col = 1;
        }
    }
    hf_rules_fail(error, HF_RULES_ERROR_SYNTAX, &at,
                  "expected UTF-8 text, found byte 0x%02x", (guchar)*end);
    return FALSE;
}

HfNode *hf_yaml_parse(const char *text, gsize len, const char *file,
                      GError **error)
{
    Reader r = { .file = file, .last = { file, 1, 1 } };
    struct fy_diag_cfg diag_cfg;
    struct fy_parse_cfg cfg = { 0 };
    HfNode *root = NULL;
    GString *lines;

    if (!check_bytes(text, len, file, error))
        return NULL;
    /* libfyaml cannot cope with a backslash that ends the file. */
    lines = g_string_new_len(text, len);
    if (len == 0 || text[len - 1] != '\n')
        g_string_append_c(lines, '\n');
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.level = FYET_ERROR;
    r.diag = fy_diag_create(&diag_cfg);
    fy_diag_set_collect_errors(r.diag, true);
    cfg.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE |
        FYPCF_DEFAULT_VERSION_1_2;
    cfg.diag = r.diag;
    r.parser = fy_parser_create(&cfg);
    if (r.parser &&
        fy_parser_set_string(r.parser, lines->str, lines->len) == 0)
        root = read_stream(&r, error);
    else
        fail_syntax(&r, error);
    fy_parser_destroy(r.parser);
    fy_diag_destroy(r.diag);
    g_string_free(lines, TRUE);
    return root;
}
