/* SPDX-License-Identifier: MIT */
/*
 * options.h - the command line: one table of options, from which they are
 * parsed and `-help` is written.
 *
 * Parsing only collects and checks the form; startup.c makes things, in the
 * order in which they need each other and not that of the command line.
 *
 * Thread context: the initial thread, under the BQL.
 */
#ifndef REFVMM_PROGRAM_OPTIONS_H
#define REFVMM_PROGRAM_OPTIONS_H

#include "hw/machine.h"

typedef enum OptionType {
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_FLAG,   /* sets the bool at offset */
    OPTION_STRING, /* the last one counts; char * at offset, borrowed */
    OPTION_LIST,   /* GPtrArray * of char * at offset, borrowed */
    OPTION_IGNORE, /* of QEMU, without meaning here; may take an argument */
} OptionType;

typedef struct OptionDescription {
    const char *name;     /* without dashes; NULL: a heading, in help */
    const char *argument; /* as shown; NULL: takes none */
    const char *help;     /* lines end with \n but for the last */
    OptionType type;
    size_t offset; /* in CommandLine */
} OptionDescription;

/* All that was said.  Text belongs to argv. */
typedef struct CommandLine {
    const char *type, *accel, *cpu, *memory, *smp, *firmware, *kernel,
        *initrd, *append, *dtb, *rtc, *name, *pidfile, *action, *qtest,
        *qtest_log, *display, *uuid;
    bool stopped, nographic, no_reboot, no_shutdown, no_defaults;
    GPtrArray *machine, *objects, *chardevs, *serials, *monitors, *qmps,
        *pretty_qmps, *mons, *blockdevs, *drives, *netdevs, *nics, *nets,
        *devices, *globals, *traces, *logs;
} CommandLine;

typedef enum ParseResult {
    PARSE_OK,
    PARSE_ERROR,
    PARSE_DONE, /* help or version: ret_text is to be printed */
} ParseResult;

void command_line_init(CommandLine *c) IO_FN;
void command_line_clear(CommandLine *c) IO_FN;
ParseResult command_line_parse(CommandLine *c, int argc, char **argv,
                               char **ret_text, GError **error) IO_FN;
/* NULL name: the end. */
const OptionDescription *command_line_options(void) IO_FN;
char *command_line_help(void) IO_FN;

/* `-machine help`, `-device virtio-blk-device,help` and the like: the text;
 * NULL: nobody asked, or with an error. */
char *command_line_answer(const CommandLine *c, GError **error) GS_FN;

/* machine_options.c: what makes a MachineConfig.  Strings of the result
 * belong to strings, which the caller frees with it. */
bool machine_options_parse(const CommandLine *c, MachineConfig *config,
                           GStringChunk *strings, GError **error) GS_FN;
/* cpu_options.c */
bool cpu_option_check(const char *text, GError **error) IO_FN;
bool action_options_parse(const CommandLine *c, MachineActions *actions,
                          GError **error) IO_FN;

#endif
