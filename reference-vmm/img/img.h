/* SPDX-License-Identifier: MIT */
/*
 * img.h - what the commands of refvmm-img share.
 *
 * Each command is one source file with one function, and one line in the
 * table of refvmm-img.c.  They print, and return the status of the process.
 *
 * Thread context: the main thread, with the BQL.
 */
#ifndef REFVMM_IMG_IMG_H
#define REFVMM_IMG_IMG_H

#include "block/block.h"
#include "block/block_backend.h"
#include <getopt.h>
#include <stdio.h>

typedef struct ImgCommand {
    const char *name;
    int (*run)(int argc, char **argv) SLOT(DROPS(bql)) SLOT(GS_FN);
    const char *usage; /* after the name */
    const char *help;  /* further lines */
} ImgCommand;

int img_create(int argc, char **argv) DROPS(bql) GS_FN;
int img_info(int argc, char **argv) DROPS(bql) GS_FN;
int img_check(int argc, char **argv) DROPS(bql) GS_FN;
int img_convert(int argc, char **argv) DROPS(bql) GS_FN;
int img_compare(int argc, char **argv) DROPS(bql) GS_FN;
int img_bench(int argc, char **argv) DROPS(bql) GS_FN;

/* "refvmm-img: ..." on stderr; error is freed, or NULL. */
void img_error(const char *text) IO_FN;
void img_report(const char *prefix, GError *error) IO_FN;
/* Of a command: "try --help", status 1. */
int img_usage_error(const char *command, const char *what) IO_FN;
/* Prints the help of one command. */
void img_help(const char *command) IO_FN;

typedef struct ImgOpen {
    const char *format; /* NULL: probed */
    const char *cache;  /* NULL: writeback */
    int flags;          /* beside those of cache */
    bool image_opts;    /* the name is KEY=VALUE,... */
    bool force_share;
} ImgOpen;

/* Reports errors; NULL then. */
BlockBackend *img_open(const char *name, const ImgOpen *how)
    DROPS(bql) GS_FN;
/* "none", "writeback", ...; false when there is no such mode. */
bool img_parse_cache(const char *mode, int *flags, bool *writethrough) IO_FN;
/* -o texts, merged into options; reports errors.  "?" or "help" lists what
 * the format knows: then *listed. */
bool img_parse_options(JsonObject *options, const char *text,
                       const BlockDriver *drv, bool *listed) GS_FN;
/* Reports errors. */
bool img_parse_size(const char *text, const char *what, int64_t *ret) IO_FN;
bool img_parse_number(const char *text, const char *what, int64_t min,
                      int64_t max, int64_t *ret) IO_FN;
/* NULL and a report when there is none. */
const BlockDriver *img_find_format(const char *name) GS_FN;
/* Makes an image and says so unless quiet; reports errors. */
bool img_make(const BlockDriver *drv, const char *filename,
              JsonObject *options, bool quiet) DROPS(bql) GS_FN;
/* "json" or "human"; false and a report for all else. */
bool img_parse_output(const char *text, bool *json) IO_FN;
void img_print_json(JsonNode *node) IO_FN;

#endif
