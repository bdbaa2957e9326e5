/* SPDX-License-Identifier: MIT */
#include "flags.h"
#include "extract.h"
#include <string.h>

typedef enum {
    FORM_FLAG,     /* the whole argument */
    FORM_PREFIX,   /* value glued on */
    FORM_SEPARATE, /* value is the next argument */
    FORM_EITHER,   /* glued on or the next argument */
} Form;

typedef enum { DROP, KEEP, PROBE } Action;

typedef struct {
    const char *name;
    Form form;
    Action action;
} Option;

/*
 * First match counts, and what does not match is dropped: -W, -g, linker
 * options and -f options that steer code generation cannot change what the
 * source says, while clang would refuse many of gcc's.
 */
static const Option options[] = {
    { "-o", FORM_EITHER, DROP },
    { "-MF", FORM_EITHER, DROP },
    { "-MT", FORM_EITHER, DROP },
    { "-MQ", FORM_EITHER, DROP },
    { "-MJ", FORM_SEPARATE, DROP },
    { "-M", FORM_PREFIX, DROP },
    { "-mllvm", FORM_SEPARATE, DROP },
    { "--param", FORM_SEPARATE, DROP },
    { "-Xlinker", FORM_SEPARATE, DROP },
    { "-Xassembler", FORM_SEPARATE, DROP },
    { "-wrapper", FORM_SEPARATE, DROP },
    { "-aux-info", FORM_SEPARATE, DROP },
    { "-dumpbase-ext", FORM_SEPARATE, DROP },
    { "-dumpbase", FORM_SEPARATE, DROP },
    { "-dumpdir", FORM_SEPARATE, DROP },
    { "-framework", FORM_SEPARATE, DROP },
    { "-imultilib", FORM_SEPARATE, DROP },
    { "-include-pch", FORM_EITHER, DROP },
    { "-L", FORM_EITHER, DROP },
    { "-l", FORM_EITHER, DROP },
    { "-T", FORM_EITHER, DROP },
    { "-u", FORM_SEPARATE, DROP },
    { "-z", FORM_SEPARATE, DROP },
    { "-e", FORM_SEPARATE, DROP },
    { "-A", FORM_EITHER, DROP },
    { "-B", FORM_EITHER, DROP },
    { "-I-", FORM_FLAG, DROP },

    { "-D", FORM_EITHER, KEEP },
    { "-U", FORM_EITHER, KEEP },
    { "-I", FORM_EITHER, KEEP },
    { "-F", FORM_EITHER, KEEP },
    { "-isystem", FORM_EITHER, KEEP },
    { "-iquote", FORM_EITHER, KEEP },
    { "-idirafter", FORM_EITHER, KEEP },
    { "-include", FORM_EITHER, KEEP },
    { "-imacros", FORM_EITHER, KEEP },
    { "-isysroot", FORM_EITHER, KEEP },
    { "-iprefix", FORM_EITHER, KEEP },
    { "-iwithprefixbefore", FORM_EITHER, KEEP },
    { "-iwithprefix", FORM_EITHER, KEEP },
    { "-iframework", FORM_EITHER, KEEP },
    { "--sysroot=", FORM_PREFIX, KEEP },
    { "--sysroot", FORM_SEPARATE, KEEP },
    { "--gcc-toolchain=", FORM_PREFIX, KEEP },
    { "--target=", FORM_PREFIX, KEEP },
    { "-target", FORM_SEPARATE, KEEP },
    { "-arch", FORM_SEPARATE, KEEP },
    { "-ansi", FORM_FLAG, KEEP },
    { "-O", FORM_PREFIX, KEEP }, /* __OPTIMIZE__, and with it fortify */
    { "-pthread", FORM_FLAG, KEEP },
    { "-nostdinc", FORM_FLAG, KEEP },
    { "-nostdlibinc", FORM_FLAG, KEEP },
    { "-undef", FORM_FLAG, KEEP },
    { "-trigraphs", FORM_FLAG, KEEP },
    { "-m32", FORM_FLAG, KEEP },
    { "-m64", FORM_FLAG, KEEP },
    { "-mcx16", FORM_FLAG, KEEP },
    { "-std=", FORM_PREFIX, PROBE },
    { "-m", FORM_PREFIX, PROBE },

    /* -f options that change types, keywords or predefined macros */
    { "-fshort-", FORM_PREFIX, PROBE },
    { "-fno-short-", FORM_PREFIX, PROBE },
    { "-funsigned-char", FORM_FLAG, KEEP },
    { "-fno-unsigned-char", FORM_FLAG, KEEP },
    { "-fsigned-char", FORM_FLAG, KEEP },
    { "-fno-signed-char", FORM_FLAG, KEEP },
    { "-fms-extensions", FORM_FLAG, KEEP },
    { "-fno-ms-extensions", FORM_FLAG, KEEP },
    { "-fblocks", FORM_FLAG, KEEP },
    { "-fopenmp", FORM_PREFIX, PROBE },
    { "-ffreestanding", FORM_FLAG, KEEP },
    { "-fhosted", FORM_FLAG, KEEP },
    { "-fno-builtin", FORM_PREFIX, PROBE },
    { "-fbuiltin", FORM_FLAG, KEEP },
    { "-fgnu89-inline", FORM_FLAG, KEEP },
    { "-fno-gnu89-inline", FORM_FLAG, KEEP },
    { "-fgnu-keywords", FORM_FLAG, KEEP },
    { "-fasm", FORM_FLAG, KEEP },
    { "-fno-asm", FORM_FLAG, KEEP },
    { "-fdollars-in-identifiers", FORM_FLAG, KEEP },
    { "-fno-dollars-in-identifiers", FORM_FLAG, KEEP },
    { "-fpic", FORM_FLAG, KEEP },
    { "-fPIC", FORM_FLAG, KEEP },
    { "-fpie", FORM_FLAG, KEEP },
    { "-fPIE", FORM_FLAG, KEEP },
    { "-fno-pic", FORM_FLAG, KEEP },
    { "-fno-PIC", FORM_FLAG, KEEP },
    { "-fno-pie", FORM_FLAG, KEEP },
    { "-fno-PIE", FORM_FLAG, KEEP },
    { "-fstack-protector", FORM_PREFIX, PROBE },
    { "-fno-stack-protector", FORM_FLAG, KEEP },
    { "-fcf-protection", FORM_PREFIX, PROBE },
    { "-fsanitize=", FORM_PREFIX, PROBE },
    { "-ffast-math", FORM_FLAG, KEEP },
    { "-fno-fast-math", FORM_FLAG, KEEP },
    { "-ffinite-math-only", FORM_FLAG, KEEP },
    { "-fno-finite-math-only", FORM_FLAG, KEEP },
    { "-fmath-errno", FORM_FLAG, KEEP },
    { "-fno-math-errno", FORM_FLAG, KEEP },
    { "-flax-vector-conversions", FORM_PREFIX, PROBE },
    { "-fno-lax-vector-conversions", FORM_FLAG, KEEP },
};

static gboolean option_matches(const Option *option, const char *arg)
{
    switch (option->form) {
    case FORM_FLAG:
    case FORM_SEPARATE:
        return !strcmp(arg, option->name);
    case FORM_PREFIX:
    case FORM_EITHER:
        return g_str_has_prefix(arg, option->name);
    }
    return FALSE;
}

static const Option *option_find(const char *arg)
{
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        if (option_matches(&options[i], arg)) {
            return &options[i];
        }
    }
    return NULL;
}

gboolean hf_flags_must_probe(const char *arg)
{
    const Option *option = option_find(arg);

    return option && option->action == PROBE;
}

/* ---- response files ----------------------------------------------------- */

#define RESPONSE_DEPTH 8

/*
 * gcc's quoting: blanks separate, either quote groups, a backslash takes the
 * next character as it is.
 */
static void split_response(const char *text, GPtrArray *out)
{
    GString *word = g_string_new(NULL);
    gboolean in_word = FALSE;
    char quote = 0;

    for (const char *p = text; *p; p++) {
        if (!quote && g_ascii_isspace(*p)) {
            if (in_word) {
                g_ptr_array_add(out, g_strdup(word->str));
                g_string_truncate(word, 0);
                in_word = FALSE;
            }
            continue;
        }
        in_word = TRUE;
        if (*p == '\\' && p[1]) {
            g_string_append_c(word, *++p);
        } else if (*p == quote) {
            quote = 0;
        } else if (!quote && (*p == '\'' || *p == '"')) {
            quote = *p;
        } else {
            g_string_append_c(word, *p);
        }
    }
    if (in_word) {
        g_ptr_array_add(out, g_strdup(word->str));
    }
    g_string_free(word, TRUE);
}

static gboolean expand(const char *directory, const char *arg, int depth,
                       GPtrArray *out, GError **error)
{
    g_autofree char *path = NULL, *text = NULL;
    g_autoptr(GPtrArray) words = NULL;

    if (arg[0] != '@') {
        g_ptr_array_add(out, g_strdup(arg));
        return TRUE;
    }
    if (depth == RESPONSE_DEPTH) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "response file '%s': nested more than %d deep", arg + 1,
                    RESPONSE_DEPTH);
        return FALSE;
    }
    path = g_canonicalize_filename(arg + 1, directory);
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "response file '%s' cannot be read", arg + 1);
        return FALSE;
    }
    words = g_ptr_array_new_with_free_func(g_free);
    split_response(text, words);
    for (guint i = 0; i < words->len; i++) {
        if (!expand(directory, words->pdata[i], depth + 1, out, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

GPtrArray *hf_flags_expand(const char *directory, char *const *argv,
                           GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

    for (char *const *p = argv; *p; p++) {
        if (!expand(directory, *p, 0, all, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&all);
}

/* ---- compiler ----------------------------------------------------------- */

/* Number of leading arguments that name the compiler: "ccache gcc" is two. */
static guint compiler_words(const GPtrArray *argv)
{
    static const char *const wrappers[] = { "ccache", "sccache", "distcc",
                                            "icecc", "env", NULL };
    guint n = 0;

    while (n + 1 < argv->len) {
        g_autofree char *base = g_path_get_basename(argv->pdata[n]);
        const char *next = argv->pdata[n + 1];

        if (!g_strv_contains(wrappers, base) || next[0] == '-') {
            break;
        }
        n++;
        while (!strcmp(base, "env") && n + 1 < argv->len &&
               strchr(argv->pdata[n], '=')) {
            n++;
        }
    }
    return n + 1;
}

/* gcc of a cross tool chain is called TRIPLE-gcc, and clang has to be told. */
static void add_cross_target(const char *compiler, GPtrArray *out)
{
    g_autofree char *base = g_path_get_basename(compiler);
    const char *gcc = strstr(base, "-gcc");
    const char *dash = strchr(base, '-');

    if (!gcc || dash == gcc || (gcc[4] && gcc[4] != '-')) {
        return;
    }
    g_ptr_array_add(out, g_strdup_printf("--target=%.*s", (int)(gcc - base),
                                         base));
}

/* ---- cleaning ----------------------------------------------------------- */

/* -Wp,-DX,-MD,file: the preprocessor's own arguments. */
static void take_wp(const char *arg, GPtrArray *out)
{
    g_auto(GStrv) parts = g_strsplit(arg + strlen("-Wp,"), ",", -1);

    for (char **p = parts; *p; p++) {
        if (g_str_has_prefix(*p, "-D") || g_str_has_prefix(*p, "-U")) {
            g_ptr_array_add(out, g_strdup(*p));
            if (!(*p)[2] && p[1]) {
                g_ptr_array_add(out, g_strdup(*++p));
            }
        }
    }
}

/*
 * -Xclang X, where the value of X comes in a further -Xclang.  Plugins and
 * precompiled headers of another compiler must not get in.
 */
static guint take_xclang(const GPtrArray *argv, guint i, GPtrArray *out)
{
    const char *what = i + 1 < argv->len ? argv->pdata[i + 1] : "";
    gboolean has_value = !strcmp(what, "-include") ||
                         !strcmp(what, "-target-feature");

    if (!has_value) {
        return i + 1;
    }
    if (i + 3 >= argv->len || strcmp(argv->pdata[i + 2], "-Xclang")) {
        return i + 1;
    }
    for (guint k = 0; k < 4; k++) {
        g_ptr_array_add(out, g_strdup(argv->pdata[i + k]));
    }
    return i + 3;
}

static guint take_option(const GPtrArray *argv, guint i, HfFlags *out)
{
    const char *arg = argv->pdata[i];
    const char *next = i + 1 < argv->len ? argv->pdata[i + 1] : NULL;
    const Option *option = option_find(arg);
    gboolean has_next;

    if (!option) {
        return i;
    }
    has_next = option->form == FORM_SEPARATE ||
               (option->form == FORM_EITHER && !strcmp(arg, option->name));
    if (!strcmp(option->name, "-o")) {
        g_free(out->output);
        out->output = g_strdup(has_next ? next : arg + 2);
    }
    if (option->action != DROP && (!has_next || next)) {
        g_ptr_array_add(out->args, g_strdup(arg));
        if (has_next) {
            g_ptr_array_add(out->args, g_strdup(next));
        }
    }
    return has_next && next ? i + 1 : i;
}

static void clean(const GPtrArray *argv, guint first, HfFlags *out)
{
    for (guint i = first; i < argv->len; i++) {
        const char *arg = argv->pdata[i];

        if (g_str_has_prefix(arg, "-x")) {
            const char *value = arg + 2;

            if (!*value) {
                value = ++i < argv->len ? argv->pdata[i] : "";
            }
            g_free(out->language);
            out->language = g_strdup(value);
        } else if (g_str_has_prefix(arg, "-Wp,")) {
            take_wp(arg, out->args);
        } else if (!strcmp(arg, "-Xclang")) {
            i = take_xclang(argv, i, out->args);
        } else if (!strcmp(arg, "-Xpreprocessor")) {
            continue; /* its value is an ordinary option */
        } else if (!strcmp(arg, "-fplan9-extensions")) {
            /* clang's nearest: unnamed members of a tagged type */
            g_ptr_array_add(out->args, g_strdup("-fms-extensions"));
        } else if (arg[0] == '-') {
            i = take_option(argv, i, out);
        }
    }
    g_ptr_array_add(out->args, NULL);
}

gboolean hf_flags_clean(const char *directory, char *const *argv, HfFlags *out,
                        GError **error)
{
    g_autoptr(GPtrArray) all = hf_flags_expand(directory, argv, error);
    g_autofree char *base = NULL;
    guint n;

    memset(out, 0, sizeof(*out));
    if (!all) {
        return FALSE;
    }
    if (!all->len) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "the command is empty");
        return FALSE;
    }
    n = compiler_words(all);
    base = g_path_get_basename(all->pdata[n - 1]);
    out->args = g_ptr_array_new_with_free_func(g_free);
    out->cplusplus = strstr(base, "++") != NULL;
    add_cross_target(all->pdata[n - 1], out->args);
    clean(all, n, out);
    return TRUE;
}

void hf_flags_clear(HfFlags *flags)
{
    g_clear_pointer(&flags->args, g_ptr_array_unref);
    g_clear_pointer(&flags->output, g_free);
    g_clear_pointer(&flags->language, g_free);
}
