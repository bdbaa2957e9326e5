/* SPDX-License-Identifier: MIT */
/* holdfast explain: a checker's page, or the list of checkers. */
#include "cli/cli.h"

#include <stdio.h>

static int list_checkers(void)
{
    const HfChecker *const *list = hf_checkers();

    for (guint i = 0; list[i]; i++) {
        printf("%-16s %s\n", list[i]->name, list[i]->summary);
    }
    return HF_EXIT_CLEAN;
}

int hf_cmd_explain(int argc, char **argv)
{
    g_autoptr(GOptionContext) context =
        g_option_context_new("[CHECKER] - what a checker finds");
    g_autofree char *dir = hf_cli_checks_dir();
    g_autofree char *file = NULL, *path = NULL, *text = NULL;
    g_autoptr(GError) error = NULL;
    const HfChecker *checker;

    if (!hf_cli_parse(context, &argc, &argv)) {
        return HF_EXIT_FAILURE;
    }
    if (argc < 2) {
        return list_checkers();
    }
    checker = hf_checker_find(argv[1]);
    if (!checker) {
        fprintf(stderr, "holdfast: error: unknown checker '%s'\n", argv[1]);
        return HF_EXIT_FAILURE;
    }
    file = g_strconcat(checker->name, ".md", NULL);
    path = g_build_filename(dir ? dir : HOLDFAST_RULES_DIR "/checks", file,
                            NULL);
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        return hf_cli_fail(error);
    }
    fputs(text, stdout);
    return HF_EXIT_CLEAN;
}
