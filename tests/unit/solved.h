/* SPDX-License-Identifier: MIT */
/* solved.h - a solved program made of C text, for tests. */
#ifndef HOLDFAST_TEST_SOLVED_H
#define HOLDFAST_TEST_SOLVED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/extract.h"
#include "solve/solve.h"
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *file;
    HfRules *rules;
    HfProgram *program;
    HfSolved *solved;
} Solved;

static inline Solved *solved_new(const char *text)
{
    const char *dirs[] = { PROJECT_DIR "/rules", NULL };
    Solved *s = g_new0(Solved, 1);
    GPtrArray *shards = g_ptr_array_new();
    GError *error = NULL;
    HfExtractOptions options = { 0 };
    HfCompileEntry entry = { .directory = "/", .output = "" };
    char *args[] = { NULL };
    int fd = g_file_open_tmp("holdfast-XXXXXX.c", &s->file, &error);

    assert_true(fd >= 0);
    g_close(fd, NULL);
    assert_true(g_file_set_contents(s->file, text, -1, &error));
    s->rules = hf_rules_load("pthread", dirs, &error);
    assert_non_null(s->rules);
    options.rules = s->rules;
    entry.file = s->file;
    entry.args = args;
    g_ptr_array_add(shards, hf_extract_unit(&entry, &options, &error));
    assert_non_null(shards->pdata[0]);
    s->program = hf_program_link(shards, s->rules, "/");
    s->solved = hf_solve(s->program);
    return s;
}

static inline void solved_free(Solved *s)
{
    hf_solved_free(s->solved);
    hf_program_free(s->program);
    hf_rules_free(s->rules);
    g_unlink(s->file);
    g_free(s->file);
    g_free(s);
}

static inline const HfFlow *solved_flow(const Solved *s, const char *name)
{
    for (guint i = 1; i < s->program->symbols->len; i++) {
        if (strcmp(HF_PROGRAM_SYM(s->program, i)->name, name) == 0) {
            assert_non_null(s->solved->flows[i]);
            return s->solved->flows[i];
        }
    }
    fail_msg("no function %s", name);
    return NULL;
}

/* The nth access (from 0) to that variable in the function. */
static inline const HfAccess *solved_access(const Solved *s,
                                            const char *function,
                                            const char *variable, guint nth)
{
    const HfFlow *f = solved_flow(s, function);

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        const HfXNode *n = hf_x(s->solved->exprs, a->path);

        if (n->kind == HF_X_GLOBAL &&
            strcmp(HF_PROGRAM_SYM(s->program, n->ref)->name, variable) == 0 &&
            nth-- == 0) {
            return a;
        }
    }
    fail_msg("no such access to %s in %s", variable, function);
    return NULL;
}

#endif
