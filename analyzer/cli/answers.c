/* SPDX-License-Identifier: MIT */
#include "cli/answers.h"

#include <stdio.h>
#include <string.h>

const char *hf_cli_below_root(const HfPipeline *p, const char *file)
{
    size_t n = strlen(p->root);

    return strncmp(file, p->root, n) == 0 && file[n] == '/' ? file + n + 1
                                                            : file;
}

void hf_cli_print_place(const HfPipeline *p, const HfFlow *f, uint32_t event)
{
    HfPlace at = hf_check_place(f, event);

    printf("%s:%d:%d", hf_cli_below_root(p, at.file), at.line, at.col);
}

void hf_cli_print_caps(const HfPipeline *p, guint64 mask, const char *mark)
{
    for (guint i = 0; i < p->rules->caps->len; i++) {
        if (mask >> i & 1) {
            printf(" %s%s", mark, ((HfCapRule *)g_ptr_array_index(
                                       p->rules->caps, i))->name);
        }
    }
}

char *hf_cli_text(const HfPipeline *p, HfSymId sym, HfX x)
{
    GString *s = g_string_new(NULL);

    hf_x_text(p->solved->exprs, p->program, sym, x, s);
    return g_string_free(s, FALSE);
}

const char *hf_cli_role(const HfPipeline *p, int role)
{
    return role < 0 ? "unknown role"
                    : g_array_index(p->solved->roles, HfRole, role).name;
}

guint hf_cli_chain_length(const HfPipeline *p, const HfContext *c)
{
    guint n = 0;

    for (; c->parent; n++) {
        c = &g_array_index(p->solved->flows[c->parent]->contexts, HfContext,
                           c->parent_context);
    }
    return n;
}
