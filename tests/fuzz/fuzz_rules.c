/* SPDX-License-Identifier: MIT */
/*
 * Rules files are untrusted: whatever the bytes, the loader ends with rules
 * or with an error that names a place, and rules survive a round trip through
 * their dump.
 *
 * Build and run, from the project's directory:
 *
 *     clang-19 -g -O1 -fsanitize=fuzzer,address,undefined -Ianalyzer \
 *         $(pkg-config --cflags glib-2.0 libfyaml libxxhash) \
 *         tests/fuzz/fuzz_rules.c $(find analyzer/rules -name '*.c') \
 *         $(pkg-config --libs glib-2.0 libfyaml libxxhash) -o fuzz_rules
 *     mkdir -p corpus && cp $(find rules -name '*.yaml') corpus
 *     ./fuzz_rules -max_len=8192 -timeout=10 -max_total_time=300 corpus
 *
 * Includes are followed into the directory rules/.
 */
#include "rules/rules.h"
#include "rules/schema.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 itself loses a buffer when its scanner fails inside a
 * block scalar. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so";
}

static void require(gboolean condition, const char *what)
{
    if (!condition) {
        g_printerr("fuzz_rules: %s\n", what);
        abort();
    }
}

/* The dump without the comments that say where rules were written. */
static char *dump(const HfRules *rules)
{
    GString *text = g_string_new(NULL);
    GString *out = g_string_new(NULL);
    char **lines;

    hf_rules_dump(rules, text);
    lines = g_strsplit(text->str, "\n", -1);
    for (char **line = lines; *line; line++)
        if (!g_str_has_prefix(*line, "  # "))
            g_string_append_printf(out, "%s\n", *line);
    g_strfreev(lines);
    g_string_free(text, TRUE);
    return g_string_free(out, FALSE);
}

static void look_around(const HfRules *rules)
{
    uint8_t digest[16];

    hf_rules_extract_digest(rules, digest);
    for (guint i = 0; i < rules->annotations->len && i < 16; i++) {
        const HfAnnotationRule *a = g_ptr_array_index(rules->annotations, i);
        GPtrArray *effects = hf_rules_annotation(rules, a->match);

        g_ptr_array_unref(effects);
    }
    for (guint i = 0; i < rules->functions->len && i < 16; i++) {
        const HfFunctionRule *f = g_ptr_array_index(rules->functions, i);

        require(hf_rules_function(rules, f->pattern) != NULL,
                "a pattern does not match itself");
    }
    hf_rules_slot(rules, "Record", "field");
    hf_rules_field(rules, "Record", "field");
    hf_rules_checker(rules, "LOCK");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dirs[] = { "rules", NULL };
    GError *error = NULL;
    HfRules *rules = hf_rules_load_string((const char *)data, size, "in.yaml",
                                          dirs, &error);
    HfRules *again;
    char *first, *second;

    if (!rules) {
        require(error && strchr(error->message, ':'), "no place in the error");
        g_error_free(error);
        return 0;
    }
    require(!error, "rules and an error");
    look_around(rules);
    /* A dump may be larger, and its lines longer, than a file may be. */
    if (size > 8192) {
        hf_rules_free(rules);
        return 0;
    }
    first = dump(rules);
    again = hf_rules_load_string(first, strlen(first), "dump.yaml", NULL,
                                 &error);
    if (error)
        g_printerr("%s\n%s\n", error->message, first);
    require(again != NULL, "the dump does not load");
    second = dump(again);
    require(strcmp(first, second) == 0, "the dump changes when loaded again");
    g_free(first);
    g_free(second);
    hf_rules_free(again);
    hf_rules_free(rules);
    return 0;
}
