/* SPDX-License-Identifier: MIT */
/*
 * refvmm-img - makes, shows, checks, converts, compares and times disk
 * images.  Its commands, options, results and statuses are those of QEMU's
 * tool, as far as it has them.
 *
 * Thread context: the main thread, which has the BQL throughout.
 */
#include "base/lock.h"
#include "base/main_loop.h"
#include "base/thread_pool.h"
#include "img/img.h"
#include <string.h>

static const ImgCommand commands[] = {
    { "create", img_create,
      "[-q] [-u] [-f FORMAT] [-b BACKING -F FORMAT] [-o OPTIONS] FILE [SIZE]",
      "  -f FORMAT   of the new image; default raw\n"
      "  -b BACKING  the image below it; SIZE may be left out then\n"
      "  -F FORMAT   of BACKING\n"
      "  -o OPTIONS  NAME=VALUE,...; -o help lists those of the format\n"
      "  -u          do not look at BACKING\n"
      "  -q          print errors only\n"
      "SIZE is in bytes, or with a suffix k, M, G, T, P or E.\n" },
    { "info", img_info,
      "[-f FORMAT] [-U] [--output=human|json] [--backing-chain] "
      "[--image-opts] FILE",
      "  --backing-chain  the images below it too\n"
      "  -U               although somebody is writing to it\n" },
    { "check", img_check,
      "[-q] [-f FORMAT] [-U] [--output=human|json] [-r leaks|all] "
      "[-T CACHE] [--image-opts] FILE",
      "  -r leaks|all  repair\n"
      "Status: 0 fine, 1 not checked, 2 damaged, 3 leaks, 63 the format has "
      "no check.\n" },
    { "convert", img_convert,
      "[-n] [-p] [-q] [-U] [-W] [-f FORMAT] [-O FORMAT] [-B BACKING -F "
      "FORMAT] [-o OPTIONS] [-m COROUTINES] [-S SIZE] [-t CACHE] [-T CACHE] "
      "[--target-is-zero] [--image-opts] FILE TARGET",
      "  -f FORMAT  of FILE; default: found out\n"
      "  -O FORMAT  of TARGET; default raw\n"
      "  -B BACKING the image below TARGET, which has what FILE's own has\n"
      "  -o OPTIONS NAME=VALUE,... of the new image\n"
      "  -m COUNT   requests at a time, 1 to 16; default 8\n"
      "  -n         TARGET is there already\n"
      "  -S SIZE    so many zeroes become a hole; default 4k, 0: never\n"
      "  -W         write in any order\n"
      "  -t, -T     cache modes of TARGET (default unsafe) and FILE\n" },
    { "compare", img_compare,
      "[-p] [-q] [-s] [-U] [-f FORMAT] [-F FORMAT] [-T CACHE] "
      "[--image-opts] FILE1 FILE2",
      "  -s  another size is a difference too\n"
      "Status: 0 the same, 1 another content, 2 and more an error.\n" },
    { "bench", img_bench,
      "[-c COUNT] [-d DEPTH] [-f FORMAT] [--flush-interval=N] [--no-drain] "
      "[-o OFFSET] [--pattern=BYTE] [-q] [-s SIZE] [-S STEP] [-t CACHE] [-w] "
      "[-U] [--image-opts] FILE",
      "  -c COUNT   requests; default 75000\n"
      "  -d DEPTH   at a time; default 64\n"
      "  -s SIZE    of each; default 4k\n"
      "  -S STEP    from one to the next; default SIZE\n"
      "  -w         write\n"
      "  -t CACHE   none, directsync, writeback, writethrough, unsafe\n" },
};

static void print_help(void) GS_FN;
static void print_help(void)
{
    GLOBAL_STATE_CODE();
    printf("usage: refvmm-img COMMAND [OPTION...]\n"
           "       refvmm-img COMMAND --help\n\nCommands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        printf("  %s %s\n", commands[i].name, commands[i].usage);
    }
    printf("\nFormats and drivers:");
    for (int i = 0; bdrv_driver_name(i); i++) {
        printf(" %s", bdrv_driver_name(i));
    }
    printf("\nFILE may also be \"json:{...}\", the options of a block node.\n");
}

void img_help(const char *command)
{
    IO_CODE();
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, command) == 0) {
            printf("usage: refvmm-img %s %s\n%s", command, commands[i].usage,
                   commands[i].help);
        }
    }
}

static int run(int argc, char **argv) DROPS(bql) GS_FN;
static int run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    GLOBAL_STATE_CODE();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "help") == 0) {
        print_help();
        return 0;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("refvmm-img version 0.1\n");
        return 0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "refvmm-img: %s%s%s\nTry 'refvmm-img --help' for more "
            "information\n", *name ? "unknown command '" : "no command",
            name, *name ? "'" : "");
    return 1;
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    int status;

    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    if (!main_loop_init(&error)) {
        img_report(NULL, error);
        bql_unlock();
        return 1;
    }
    bdrv_init();
    status = run(argc, argv);
    thread_pool_finish();
    main_loop_free();
    bql_unlock();
    if (fflush(stdout) != 0) {
        img_error("cannot write to standard output");
        status = 1;
    }
    return status;
}
