/* SPDX-License-Identifier: MIT */
/*
 * changed_since.c - findings that touch what changed since a revision.
 *
 * git says which lines changed; paths are compared relative to the top of
 * the work tree.
 */
#include "report/report.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int first;
    int last;
} LineRange;

typedef struct {
    const char *root;   /* as given: prefix of the files of events */
    char *top;          /* top of the work tree, as git names it */
    char *prefix;       /* root below top: "" or "sub/dir/" */
    GHashTable *ranges; /* path below top -> GArray of LineRange */
} Changes;

/* ---- running git --------------------------------------------------------- */

static GSubprocess *start_git(const char *root, const char *const *args,
                              GError **error)
{
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    GPtrArray *argv = g_ptr_array_new();
    GSubprocess *git;

    g_ptr_array_add(argv, (char *)"git");
    g_ptr_array_add(argv, (char *)"-C");
    g_ptr_array_add(argv, (char *)root);
    for (; *args; args++) {
        g_ptr_array_add(argv, (char *)*args);
    }
    g_ptr_array_add(argv, NULL);
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C", TRUE);
    g_subprocess_launcher_setenv(launcher, "GIT_OPTIONAL_LOCKS", "0", TRUE);
    git = g_subprocess_launcher_spawnv(
        launcher, (const char *const *)argv->pdata, error);
    g_ptr_array_unref(argv);
    g_object_unref(launcher);
    return git;
}

/* Output of git in root; NULL and an error, which starts with what, when it
 * fails. */
static GBytes *run_git(const char *root, const char *const *args,
                       const char *what, GError **error)
{
    GError *problem = NULL;
    GSubprocess *git = start_git(root, args, &problem);
    GBytes *out = NULL;
    GBytes *err = NULL;

    if (!git ||
        !g_subprocess_communicate(git, NULL, NULL, &out, &err, &problem)) {
        g_set_error(error, HF_REPORT_ERROR, HF_REPORT_ERROR_GIT,
                    "%s: cannot run git: %s", root, problem->message);
        g_clear_error(&problem);
    } else if (!g_subprocess_get_successful(git)) {
        gsize n;
        const char *text = g_bytes_get_data(err, &n);
        char *said = g_strndup(text ? text : "", n);

        g_strstrip(said);
        g_set_error(error, HF_REPORT_ERROR, HF_REPORT_ERROR_GIT,
                    "%s: %s%s%s", root, what, said[0] ? ": " : "", said);
        g_free(said);
        g_clear_pointer(&out, g_bytes_unref);
    }
    g_clear_pointer(&err, g_bytes_unref);
    g_clear_object(&git);
    return out;
}

/* The first line of git's output; free it. */
static char *ask_git(const char *root, const char *const *args,
                     const char *what, GError **error)
{
    GBytes *out = run_git(root, args, what, error);
    gsize n;
    const char *text;
    char *line;

    if (!out) {
        return NULL;
    }
    text = g_bytes_get_data(out, &n);
    line = g_strndup(text ? text : "", n);
    line[strcspn(line, "\n")] = '\0';
    g_bytes_unref(out);
    return line;
}

static gboolean find_tree(Changes *c, GError **error)
{
    static const char *const top[] = {"rev-parse", "--show-toplevel", NULL};
    static const char *const prefix[] = {"rev-parse", "--show-prefix", NULL};

    c->top = ask_git(c->root, top, "not in a git work tree", error);
    c->prefix =
        c->top ? ask_git(c->root, prefix, "git rev-parse", error) : NULL;
    return c->prefix != NULL;
}

/* The commit rev names; "-x" must not become an option. */
static char *resolve(const Changes *c, const char *rev, GError **error)
{
    char *spec = g_strconcat(rev, "^{commit}", NULL);
    const char *const args[] = {"rev-parse", "--verify", "--quiet", spec,
                                NULL};
    char *what = g_strdup_printf("unknown revision \"%s\"", rev);
    char *commit = NULL;

    if (!rev[0] || rev[0] == '-') {
        g_set_error(error, HF_REPORT_ERROR, HF_REPORT_ERROR_GIT, "%s: %s",
                    c->root, what);
    } else {
        commit = ask_git(c->root, args, what, error);
    }
    g_free(what);
    g_free(spec);
    return commit;
}

/* ---- what changed -------------------------------------------------------- */

static void add_range(Changes *c, const char *path, int first, int last)
{
    GArray *ranges = g_hash_table_lookup(c->ranges, path);
    LineRange r = {first, last};

    if (!ranges) {
        ranges = g_array_new(FALSE, FALSE, sizeof(LineRange));
        g_hash_table_insert(c->ranges, g_strdup(path), ranges);
    }
    g_array_append_val(ranges, r);
}

/* A name as git prints it: names with odd bytes are quoted as in C. */
static char *unquote(const char *name, gsize n)
{
    char *plain;
    char *path;

    if (n && name[n - 1] == '\t') { /* ends names that contain blanks */
        n--;
    }
    if (n < 2 || name[0] != '"' || name[n - 1] != '"') {
        return g_strndup(name, n);
    }
    plain = g_strndup(name + 1, n - 2);
    path = g_strcompress(plain);
    g_free(plain);
    return path;
}

/* "12,3" or "12"; the count is 1 when left out. */
static const char *parse_span(const char *p, guint64 *start, guint64 *count)
{
    char *end;

    *start = g_ascii_strtoull(p, &end, 10);
    *count = 1;
    if (*end == ',') {
        *count = g_ascii_strtoull(end + 1, &end, 10);
    }
    return end;
}

/* "@@ -a,b +c,d @@": notes the lines, returns how many lines of text follow. */
static guint64 parse_hunk(Changes *c, const char *path, const char *line)
{
    guint64 start;
    guint64 removed;
    guint64 added;
    const char *p = parse_span(line + strlen("@@ -"), &start, &removed);
    int first;

    p += strspn(p, " +");
    parse_span(p, &start, &added);
    first = (int)MIN(start, G_MAXINT / 2);
    if (path && added) {
        add_range(c, path, first,
                  first + (int)MIN(added, G_MAXINT / 2) - 1);
    } else if (path) {
        add_range(c, path, first, first + 1);
    }
    return removed + added;
}

static void parse_diff(Changes *c, GBytes *diff)
{
    gsize left;
    const char *line = g_bytes_get_data(diff, &left);
    char *path = NULL;
    guint64 skip = 0;

    while (left > 0) {
        const char *nl = memchr(line, '\n', left);
        gsize n = nl ? (gsize)(nl - line) : left;

        if (skip > 0 && (line[0] == '+' || line[0] == '-')) {
            skip--; /* text of the files: may look like anything */
        } else if (n > 4 && memcmp(line, "+++ ", 4) == 0) {
            char *name = unquote(line + 4, n - 4);

            g_free(path);
            path = g_str_has_prefix(name, "b/") ? g_strdup(name + 2) : NULL;
            g_free(name);
        } else if (nl && n > 4 && memcmp(line, "@@ -", 4) == 0) {
            skip = parse_hunk(c, path, line);
        }
        n += nl ? 1 : 0;
        line += n;
        left -= n;
    }
    g_free(path);
}

static void parse_names(Changes *c, GBytes *names)
{
    gsize left;
    const char *line = g_bytes_get_data(names, &left);

    while (left > 0) {
        const char *nl = memchr(line, '\n', left);
        gsize n = nl ? (gsize)(nl - line) : left;
        char *path = unquote(line, n);

        add_range(c, path, 1, G_MAXINT);
        g_free(path);
        n += nl ? 1 : 0;
        line += n;
        left -= n;
    }
}

static gboolean read_changes(Changes *c, const char *commit, GError **error)
{
    const char *const tracked[] = {
        "diff",           "--unified=0",    "--no-color",
        "--no-ext-diff",  "--no-textconv",  "--find-renames",
        "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=all",
        commit,           "--",             ":/",
        NULL,
    };
    static const char *const unknown[] = {
        "ls-files", "--others", "--exclude-standard", "--full-name",
        "--",       ":/",       NULL,
    };
    GBytes *diff = run_git(c->root, tracked, "git diff", error);
    GBytes *names =
        diff ? run_git(c->root, unknown, "git ls-files", error) : NULL;

    gboolean ok = names != NULL;

    if (ok) {
        parse_diff(c, diff);
        parse_names(c, names);
    }
    g_clear_pointer(&diff, g_bytes_unref);
    g_clear_pointer(&names, g_bytes_unref);
    return ok;
}

/* ---- what touches it ----------------------------------------------------- */

static const char *strip_dir(const char *file, const char *dir)
{
    gsize n = strlen(dir);

    while (n > 0 && dir[n - 1] == '/') {
        n--;
    }
    return strncmp(file, dir, n) == 0 && file[n] == '/' ? file + n + 1 : NULL;
}

/* file below the top of the work tree, NULL when it is elsewhere. */
static char *below_top(const Changes *c, const char *file)
{
    const char *rest = strip_dir(file, c->root);
    char *real;
    char *path;

    if (rest) {
        return g_strconcat(c->prefix, rest, NULL);
    }
    rest = strip_dir(file, c->top);
    if (rest) {
        return g_strdup(rest);
    }
    real = realpath(file, NULL); /* through symbolic links */
    rest = real ? strip_dir(real, c->top) : NULL;
    path = g_strdup(rest);
    free(real);
    return path;
}

static gboolean is_changed(const Changes *c, const HfPlace *p)
{
    char *path = p->file ? below_top(c, p->file) : NULL;
    GArray *ranges = path ? g_hash_table_lookup(c->ranges, path) : NULL;
    int last = MAX(p->line, p->end_line);
    gboolean found = FALSE;

    for (guint i = 0; ranges && !found && i < ranges->len; i++) {
        const LineRange *r = &g_array_index(ranges, LineRange, i);

        found = p->line <= r->last && last >= r->first;
    }
    g_free(path);
    return found;
}

static gboolean touches_change(const HfFinding *f, void *data)
{
    for (guint i = 0; i < f->events->len; i++) {
        const HfTraceEvent *e = &g_array_index(f->events, HfTraceEvent, i);

        if (is_changed(data, &e->place)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void free_ranges(void *p)
{
    g_array_unref(p);
}

gboolean hf_findings_changed_since(HfFindings *fs, const char *root,
                                   const char *rev, GError **error)
{
    Changes c = {
        .root = root && root[0] ? root : ".",
        .ranges = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                        free_ranges),
    };
    char *commit =
        find_tree(&c, error) ? resolve(&c, rev ? rev : "", error) : NULL;
    gboolean ok = commit && read_changes(&c, commit, error);

    if (ok) {
        hf_findings_filter(fs, touches_change, &c);
    }
    g_free(commit);
    g_free(c.prefix);
    g_free(c.top);
    g_hash_table_unref(c.ranges);
    return ok;
}
