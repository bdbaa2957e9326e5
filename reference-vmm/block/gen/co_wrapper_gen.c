/* SPDX-License-Identifier: MIT */
/*
 * co_wrapper_gen - writes block/co_wrappers.gen.c.
 *
 *     co_wrapper_gen -I reference-vmm block/block_io.h ... -- ARGS... >FILE
 *
 * Each function of the headers that is declared co_wrapper gets a body: it
 * runs the function with _co_ after the first word of its name as a coroutine
 * and polls until that is done.  With "mixed" it may be called in a coroutine
 * too, and then calls the function; with "bdrv_rdlock" the coroutine takes
 * the graph lock.  ARGS are for clang.
 *
 * Thread context: one thread.
 */
#include "extract/prototypes.h"
#include <stdio.h>
#include <string.h>

#define WIDTH 80

static void fail(const char *what)
{
    fprintf(stderr, "co_wrapper_gen: %s\n", what);
}

/* "blk_pread" -> "blk_co_pread"; NULL without an underscore. */
static char *coroutine_name(const char *name)
{
    const char *rest = strchr(name, '_');

    return rest ? g_strdup_printf("%.*s_co%s", (int)(rest - name), name, rest)
                : NULL;
}

/* "blk_pread" -> "BlkPread" */
static char *type_name(const char *name)
{
    GString *s = g_string_new(NULL);
    gboolean upper = TRUE;

    for (; *name; name++) {
        if (*name == '_') {
            upper = TRUE;
        } else {
            g_string_append_c(s, upper ? g_ascii_toupper(*name) : *name);
            upper = FALSE;
        }
    }
    return g_string_free(s, FALSE);
}

/* "char *" and "buf" -> "char *buf" */
static char *declare(const char *type, const char *name)
{
    return g_strdup_printf("%s%s%s", type,
                           g_str_has_suffix(type, "*") ? "" : " ", name);
}

/* head, then items separated by commas, then tail, in lines that fit; further
 * lines begin below the first item. */
static void put_list(GString *out, const char *head, GPtrArray *items,
                     const char *tail)
{
    gsize indent = strlen(head), column = indent;

    g_string_append(out, head);
    for (guint i = 0; i < items->len; i++) {
        const char *item = items->pdata[i];
        const char *end = i + 1 < items->len ? "," : tail;
        gsize n = strlen(item) + strlen(end);

        if (i && column + 1 + n > WIDTH) {
            g_string_append_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (i) {
            g_string_append_c(out, ' ');
            column++;
        }
        g_string_append_printf(out, "%s%s", item, end);
        column += n;
    }
    g_string_append_c(out, '\n');
}

static GPtrArray *arguments(const HfPrototype *p, const char *prefix)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < p->parameters->len; i++) {
        const HfParameter *q = p->parameters->pdata[i];

        g_ptr_array_add(all, g_strdup_printf("%s%s", prefix, q->name));
    }
    return all;
}

static gboolean is_mixed(const HfPrototype *p)
{
    return g_str_has_prefix(p->annotation, "hf:co_wrapper_mixed");
}

static gboolean takes_lock(const HfPrototype *p)
{
    return g_str_has_suffix(p->annotation, ":bdrv_rdlock");
}

static void put_struct(GString *out, const HfPrototype *p, const char *type)
{
    g_autofree char *ret = declare(p->returns, "ret");

    g_string_append_printf(out, "typedef struct %s {\n    CoWrapper poll;\n"
                           "    %s;\n", type, ret);
    for (guint i = 0; i < p->parameters->len; i++) {
        const HfParameter *q = p->parameters->pdata[i];
        g_autofree char *field = declare(q->type, q->name);

        g_string_append_printf(out, "    %s;\n", field);
    }
    g_string_append_printf(out, "} %s;\n\n", type);
}

static void put_entry(GString *out, const HfPrototype *p, const char *type,
                      const char *co)
{
    g_autoptr(GPtrArray) args = arguments(p, "s->");
    g_autofree char *head = g_strdup_printf("    s->ret = %s(", co);

    g_string_append_printf(out,
                           "static void coroutine_fn %s_entry(void *opaque)\n"
                           "{\n    %s *s = opaque;\n\n",
                           p->name, type);
    if (takes_lock(p)) {
        g_string_append(out, "    bdrv_graph_co_rdlock();\n");
    }
    put_list(out, head, args, ");");
    if (takes_lock(p)) {
        g_string_append(out, "    bdrv_graph_co_rdunlock();\n");
    }
    g_string_append(out, "    co_wrapper_done(&s->poll);\n}\n\n");
}

static void put_head(GString *out, const HfPrototype *p)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    /* What the caller holds in a coroutine, and only there, is beyond TSA. */
    g_autofree char *name = g_strdup_printf(
        "%s%s", takes_lock(p) && is_mixed(p) ? "NO_TSA " : "", p->name);
    g_autofree char *start = declare(p->returns, name);
    g_autofree char *head = g_strdup_printf("%s(", start);

    for (guint i = 0; i < p->parameters->len; i++) {
        const HfParameter *q = p->parameters->pdata[i];

        g_ptr_array_add(items, declare(q->type, q->name));
    }
    put_list(out, head, items, ")");
}

static void put_body(GString *out, const HfPrototype *p, const char *type,
                     const char *co)
{
    g_autoptr(GPtrArray) args = arguments(p, "");
    g_autofree char *call = g_strdup_printf("        return %s(", co);

    g_string_append_printf(out, "{\n    %s s = {\n", type);
    for (guint i = 0; i < p->parameters->len; i++) {
        const HfParameter *q = p->parameters->pdata[i];

        g_string_append_printf(out, "        .%s = %s,\n", q->name, q->name);
    }
    g_string_append(out, "    };\n\n    IO_OR_GS_CODE();\n");
    if (is_mixed(p)) {
        g_string_append(out, "    if (in_coroutine()) {\n");
        if (takes_lock(p)) {
            g_string_append(out,
                "        g_assert(bdrv_graph_is_readable());\n"
                "        INTENTIONAL(GRAPH_LOCK, \"caller_holds: who calls "
                "this in a \"\n"
                "                    \"coroutine is in the graph\");\n");
        }
        put_list(out, call, args, ");");
        g_string_append(out, "    }\n");
    } else {
        g_string_append(out, "    g_assert(!in_coroutine());\n");
    }
    g_string_append_printf(out,
                           "    co_wrapper_run(%s_entry, &s.poll);\n"
                           "    return s.ret;\n}\n",
                           p->name);
}

static gboolean put_wrapper(GString *out, const HfPrototype *p)
{
    g_autofree char *co = coroutine_name(p->name);
    g_autofree char *type = type_name(p->name);

    if (!co || strcmp(p->returns, "void") == 0) {
        fprintf(stderr, "%s:%u: %s: %s\n", p->file, p->line, p->name,
                co ? "returns nothing" : "its name has no first word");
        return FALSE;
    }
    for (guint i = 0; i < p->parameters->len; i++) {
        const HfParameter *q = p->parameters->pdata[i];

        if (!*q->name) {
            fprintf(stderr, "%s:%u: %s: parameter %u has no name\n", p->file,
                    p->line, p->name, i + 1);
            return FALSE;
        }
    }
    g_string_append_printf(out, "\n/* ---- %s ---- */\n\n", p->name);
    put_struct(out, p, type);
    put_entry(out, p, type, co);
    put_head(out, p);
    put_body(out, p, type, co);
    return TRUE;
}

static void put_preamble(GString *out, char **headers, int n)
{
    g_string_append(out,
        "/* SPDX-License-Identifier: MIT */\n"
        "/*\n"
        " * co_wrappers.gen.c - made by block/gen/co_wrapper_gen.c; change "
        "that, or the\n"
        " * headers below, and build the target co_wrappers.\n"
        " *\n"
        " * Thread context: a thread with an event loop, or with the BQL; "
        "mixed ones\n"
        " * also in coroutines.\n"
        " */\n");
    for (int i = 0; i < n; i++) {
        g_string_append_printf(out, "#include \"%s\"\n", headers[i]);
    }
    g_string_append(out, "#include \"block/co_wrapper.h\"\n");
}

static gboolean put_header(GString *out, const char *root, const char *header,
                           char **args, int n)
{
    g_autofree char *path = g_build_filename(root, header, NULL);
    g_autoptr(GError) error = NULL;
    GPtrArray *all = hf_prototypes_parse(path, (const char *const *)args, n,
                                         "hf:co_wrapper", &error);
    gboolean ok = all != NULL;

    if (!all) {
        fail(error->message);
        return FALSE;
    }
    for (guint i = 0; ok && i < all->len; i++) {
        ok = put_wrapper(out, all->pdata[i]);
    }
    g_ptr_array_unref(all);
    return ok;
}

int main(int argc, char **argv)
{
    GString *out = g_string_new(NULL);
    int n = 3;
    gboolean ok = TRUE;

    while (n < argc && strcmp(argv[n], "--") != 0) {
        n++;
    }
    if (argc < 4 || n == 3 || strcmp(argv[1], "-I") != 0) {
        fail("usage: co_wrapper_gen -I ROOT HEADER... [-- CLANG-ARGUMENT...]");
        return 2;
    }
    put_preamble(out, argv + 3, n - 3);
    for (int i = 3; ok && i < n; i++) {
        ok = put_header(out, argv[2], argv[i], argv + n + 1,
                        n < argc ? argc - n - 1 : 0);
    }
    if (ok) {
        fputs(out->str, stdout);
    }
    g_string_free(out, TRUE);
    return ok ? 0 : 1;
}
