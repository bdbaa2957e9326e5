/* SPDX-License-Identifier: MIT */
#include "pch_guard.h"
#include "include_path.h"
#include "pch_tables.h"
#include <string.h>

struct HfPchGuard {
    HfNames *names;
    HfPchTables *tables;
    HfIncludePath *path;
    char *directory;
    char *const *args;
    guint64 *forced;       /* files the arguments include */
    GHashTable *own_texts; /* char* -> HfText*: files outside, as needed */
};

static const char *file_name(const HfPchGuard *guard, guint file)
{
    return guard->tables->pch->files->pdata[file];
}

static const guint64 *closure(const HfPchGuard *guard, guint file)
{
    return hf_pch_row(guard->tables, guard->tables->closure, file);
}

/* -include and -imacros */
static void find_forced(HfPchGuard *guard)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint));

    guard->forced = g_new0(guint64, guard->tables->words);
    for (char *const *p = guard->args; *p; p++) {
        if ((!strcmp(*p, "-include") || !strcmp(*p, "-imacros")) && p[1]) {
            hf_include_path_find(guard->path, guard->directory, p[1], FALSE,
                                 found);
        }
    }
    for (guint i = 0; i < found->len; i++) {
        hf_bits_merge(guard->forced,
                      closure(guard, g_array_index(found, guint, i)),
                      guard->tables->words);
    }
}

HfPchGuard *hf_pch_guard_new(HfNames *names, const HfPch *pch,
                             const char *directory, char *const *args)
{
    HfPchGuard *guard = g_new0(HfPchGuard, 1);

    guard->names = names;
    guard->tables = hf_pch_tables_new(names, pch);
    guard->path = hf_include_path_new(directory, args, pch->files);
    guard->directory = g_strdup(directory);
    guard->args = args;
    guard->own_texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify)hf_text_free);
    find_forced(guard);
    return guard;
}

void hf_pch_guard_free(HfPchGuard *guard)
{
    if (!guard) {
        return;
    }
    hf_pch_tables_free(guard->tables);
    hf_include_path_free(guard->path);
    g_free(guard->directory);
    g_free(guard->forced);
    g_hash_table_unref(guard->own_texts);
    g_free(guard);
}

static const HfText *own_text(HfPchGuard *guard, const char *path)
{
    gpointer value;

    if (!g_hash_table_lookup_extended(guard->own_texts, path, NULL, &value)) {
        value = hf_text_read(guard->names, path);
        g_hash_table_insert(guard->own_texts, g_strdup(path), value);
    }
    return value;
}

/* ---- reading the unit in order ------------------------------------------ */

typedef struct {
    HfPchGuard *guard;
    HfIncludePath *own_path;
    const GPtrArray *own;
    gboolean *visited;  /* of each own file */
    gboolean *computed; /* of each: only an #include MACRO can have read it;
                           NULL in a first walk */
    gboolean any_computed; /* there is an #include MACRO */
    GArray *defined;    /* uint32_t: macros the unit has defined so far */
    guint step;         /* includes of shared files so far */
    HfPchVerdict *out;
} Walk;

static void walk_file(Walk *walk, guint own);

/* A macro the unit has defined before, and a shared file knows too. */
static char *early_macro(const Walk *walk, guint file)
{
    const HfPchGuard *guard = walk->guard;
    const HfText *text = guard->tables->texts[file];

    for (guint k = 0; text && k < walk->defined->len; k++) {
        uint32_t name = g_array_index(walk->defined, uint32_t, k);

        if (hf_text_mentions(text, name) || hf_text_defines(text, name)) {
            return g_strdup_printf("defines %s, which %s mentions",
                                   hf_names_get(guard->names, name),
                                   file_name(guard, file));
        }
    }
    return NULL;
}

/*
 * Without the shared header, this is where the file and what it includes
 * would be read: after the macros the unit has defined.  Files the unit read
 * again all the same have seen them.
 */
static void enter_shared(Walk *walk, guint file)
{
    const HfPchTables *t = walk->guard->tables;
    const guint64 *all = closure(walk->guard, file);
    HfPchVerdict *out = walk->out;

    walk->step++;
    for (guint i = 0; i < t->n; i++) {
        if (!hf_bit_get(all, i) || hf_bit_get(out->included, i)) {
            continue;
        }
        out->steps[i] = walk->step;
        if (!out->why_not &&
            hf_include_path_file(walk->own_path,
                                 file_name(walk->guard, i)) < 0) {
            out->why_not = early_macro(walk, i);
        }
    }
    hf_bits_merge(out->included, all, t->words);
}

static void walk_include(Walk *walk, const char *dir, const HfTextItem *item)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint));
    const char *name = hf_names_get(walk->guard->names, item->name);

    hf_include_path_find(walk->own_path, dir, name, item->angled, found);
    for (guint i = 0; i < found->len; i++) {
        walk_file(walk, g_array_index(found, guint, i));
    }
    g_array_set_size(found, 0);
    name = hf_names_get(walk->guard->names, item->name);
    hf_include_path_find(walk->guard->path, dir, name, item->angled, found);
    for (guint i = 0; i < found->len; i++) {
        enter_shared(walk, g_array_index(found, guint, i));
    }
}

static void walk_computed(Walk *walk)
{
    walk->any_computed = TRUE;
    for (guint i = 0; walk->computed && i < walk->own->len; i++) {
        if (walk->computed[i]) {
            walk_file(walk, i);
        }
    }
}

static void walk_file(Walk *walk, guint own)
{
    const char *path = walk->own->pdata[own];
    const HfText *text = own_text(walk->guard, path);
    /* One that is also in the shared header has defined the same before. */
    gboolean again = hf_include_path_file(walk->guard->path, path) >= 0;
    g_autofree char *dir = g_path_get_dirname(path);

    if (walk->visited[own] || !text) {
        return;
    }
    walk->visited[own] = TRUE;
    for (guint i = 0; i < text->items->len; i++) {
        HfTextItem *item = &g_array_index(text->items, HfTextItem, i);

        switch (item->kind) {
        case HF_TEXT_DEFINE:
        case HF_TEXT_UNDEF:
            if (!again) {
                g_array_append_val(walk->defined, item->name);
            }
            break;
        case HF_TEXT_INCLUDE:
            walk_include(walk, dir, item);
            break;
        case HF_TEXT_COMPUTED:
            walk_computed(walk);
            break;
        }
    }
}

/* TRUE when every own file was met; else `missed` says which were not. */
static gboolean walk_once(HfPchGuard *guard, HfIncludePath *own_path,
                          const char *main_file, const GPtrArray *own,
                          gboolean *missed, gboolean second,
                          HfPchVerdict *out)
{
    Walk walk = { guard, own_path, own, g_new0(gboolean, own->len),
                  second ? missed : NULL, FALSE,
                  g_array_new(FALSE, FALSE, sizeof(uint32_t)), 0, out };
    int first = hf_include_path_file(own_path, main_file);
    gboolean complete = TRUE;

    if (first >= 0) {
        walk_file(&walk, (guint)first);
    }
    for (guint i = 0; i < own->len; i++) {
        missed[i] = !walk.visited[i];
        complete &= walk.visited[i];
    }
    g_array_unref(walk.defined);
    g_free(walk.visited);
    out->computed = walk.any_computed;
    return complete || (!second && !walk.any_computed);
}

static void forget_walk(const HfPchGuard *guard, HfPchVerdict *out)
{
    const HfPchTables *t = guard->tables;

    g_clear_pointer(&out->why_not, g_free);
    memcpy(out->included, guard->forced, t->words * sizeof(guint64));
    memset(out->steps, 0, t->n * sizeof(guint));
}

static void walk_unit(HfPchGuard *guard, const char *main_file,
                      const GPtrArray *own, HfPchVerdict *out)
{
    HfIncludePath *own_path = hf_include_path_new(guard->directory,
                                                  guard->args, own);
    g_autofree gboolean *missed = g_new0(gboolean, own->len);

    if (!walk_once(guard, own_path, main_file, own, missed, FALSE, out)) {
        /* Where they come in is not known: as early as can be. */
        forget_walk(guard, out);
        walk_once(guard, own_path, main_file, own, missed, TRUE, out);
    }
    for (guint i = 0; i < own->len && !out->why_not; i++) {
        if (missed[i]) {
            out->why_not = g_strdup_printf("reads %s by unknown ways",
                                           (char *)own->pdata[i]);
        }
    }
    hf_include_path_free(own_path);
}

/* ---- macros of headers the unit does not include ------------------------ */

/* Names that the unit uses, itself or by way of shared headers' macros. */
typedef struct {
    GHashTable *seen;
    GArray *names; /* uint32_t */
} Used;

static void use(Used *used, const GArray *names)
{
    for (guint i = 0; i < names->len; i++) {
        uint32_t name = g_array_index(names, uint32_t, i);

        if (g_hash_table_add(used->seen, GUINT_TO_POINTER(name))) {
            g_array_append_val(used->names, name);
        }
    }
}

static void use_body(Used *used, GHashTable *bodies, uint32_t macro)
{
    const GArray *body = g_hash_table_lookup(bodies, GUINT_TO_POINTER(macro));

    if (body) {
        use(used, body);
    }
}

static char *foreign_definer(const HfPchGuard *guard, uint32_t name,
                             const guint64 *included)
{
    GArray *files = g_hash_table_lookup(guard->tables->definers,
                                        GUINT_TO_POINTER(name));

    for (guint i = 0; files && i < files->len; i++) {
        guint file = g_array_index(files, guint, i);

        if (!hf_bit_get(included, file)) {
            return g_strdup_printf("uses %s, which %s defines",
                                   hf_names_get(guard->names, name),
                                   file_name(guard, file));
        }
    }
    return NULL;
}

static char *foreign_macro(HfPchGuard *guard, const GPtrArray *own,
                           const guint64 *included)
{
    GHashTable *bodies = hf_text_bodies_new();
    Used used = { g_hash_table_new(NULL, NULL),
                  g_array_new(FALSE, FALSE, sizeof(uint32_t)) };
    char *found = NULL;

    for (guint i = 0; i < own->len; i++) {
        const HfText *text = own_text(guard, own->pdata[i]);

        if (text) {
            use(&used, text->mentioned);
            hf_text_bodies_add(bodies, text);
        }
    }
    for (guint i = 0; i < used.names->len && !found; i++) {
        uint32_t name = g_array_index(used.names, uint32_t, i);

        found = foreign_definer(guard, name, included);
        use_body(&used, guard->tables->bodies, name);
        use_body(&used, bodies, name);
    }
    g_hash_table_unref(bodies);
    g_hash_table_unref(used.seen);
    g_array_unref(used.names);
    return found;
}

/*
 * Did the shared header read `other` before `file`, and would the unit?  What
 * one #include brings in comes in the same order either way.
 */
static gboolean same_order(const HfPchVerdict *verdict, guint file,
                           guint other)
{
    gboolean shared_before = other < file;

    if (!hf_bit_get(verdict->included, other)) {
        return !shared_before;
    }
    if (verdict->steps[other] == verdict->steps[file]) {
        return TRUE;
    }
    return shared_before == (verdict->steps[other] < verdict->steps[file]);
}

/* A file that `file` is sensitive to and that changes its place; or -1. */
static int moved(const HfPchGuard *guard, const HfPchVerdict *verdict,
                 guint file)
{
    const HfPchTables *t = guard->tables;
    const guint64 *sensitive = hf_pch_row(t, t->sensitive, file);

    for (guint w = 0; w < t->words; w++) {
        for (guint64 bits = sensitive[w]; bits; bits &= bits - 1) {
            guint other = w * 64 + (guint)__builtin_ctzll(bits);

            if (!same_order(verdict, file, other)) {
                return (int)other;
            }
        }
    }
    return -1;
}

static char *changed_header(const HfPchGuard *guard,
                            const HfPchVerdict *verdict)
{
    for (guint i = 0; i < guard->tables->n; i++) {
        int other = hf_bit_get(verdict->included, i)
                        ? moved(guard, verdict, i) : -1;

        if (other >= 0) {
            return g_strdup_printf("reads %s in another order than %s, and "
                                   "they share macros", file_name(guard, i),
                                   file_name(guard, (guint)other));
        }
    }
    return NULL;
}

void hf_pch_guard_check(HfPchGuard *guard, const char *main_file,
                        const GPtrArray *own, HfPchVerdict *out)
{
    memset(out, 0, sizeof(*out));
    out->included = g_new0(guint64, guard->tables->words);
    out->steps = g_new0(guint, guard->tables->n);
    forget_walk(guard, out);
    walk_unit(guard, main_file, own, out);
    if (!out->why_not) {
        out->why_not = changed_header(guard, out);
    }
    if (!out->why_not) {
        out->why_not = foreign_macro(guard, own, out->included);
    }
}

void hf_pch_guard_check_facts(const HfPchGuard *guard, const HfFacts *facts,
                              HfPchVerdict *verdict)
{
    for (uint32_t i = 1; i < facts->n_files && !verdict->why_not; i++) {
        const char *path = hf_str(facts, facts->files[i].path);
        int file = hf_include_path_file(guard->path, path);

        if (file >= 0 && !hf_bit_get(verdict->included, (guint)file)) {
            verdict->why_not =
                g_strdup_printf("uses a declaration of %s", path);
        }
    }
}

gboolean hf_pch_verdict_includes(const HfPchVerdict *verdict, guint file)
{
    return verdict->computed || hf_bit_get(verdict->included, file);
}

void hf_pch_verdict_clear(HfPchVerdict *verdict)
{
    g_clear_pointer(&verdict->included, g_free);
    g_clear_pointer(&verdict->steps, g_free);
    g_clear_pointer(&verdict->why_not, g_free);
}
