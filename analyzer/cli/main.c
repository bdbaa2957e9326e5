/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const HfCommand commands[] = {
    { "check", "run the checkers on a build and report findings",
      hf_cmd_check },
    { "extract", "read translation units into shards of facts",
      hf_cmd_extract },
    { "link", "join shards and report what does not fit", hf_cmd_link },
    { "dump", "print any stage as sorted text", hf_cmd_dump },
    { "query", "ask about calls, contexts and locks", hf_cmd_query },
    { "roles", "print who runs the code: threads, callbacks", hf_cmd_roles },
    { "annotate", "propose annotations, with evidence and patch",
      hf_cmd_annotate },
    { "explain", "what a checker finds, with examples", hf_cmd_explain },
    { "rules", "show a profile, or run its own cases", hf_cmd_rules },
};

static void usage(FILE *out)
{
    fputs("usage: holdfast COMMAND [OPTION...]\n\n", out);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\n'holdfast COMMAND --help' lists a command's options.\n"
          "Exit status: 0 clean, 1 findings, 2 failure.\n", out);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        usage(stderr);
        return HF_EXIT_FAILURE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return HF_EXIT_CLEAN;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("holdfast " HOLDFAST_VERSION);
        return HF_EXIT_CLEAN;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "holdfast: unknown command '%s'\n", argv[1]);
    usage(stderr);
    return HF_EXIT_FAILURE;
}
