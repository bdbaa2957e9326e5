/* SPDX-License-Identifier: MIT */
/*
 * machine_none.c - the machine without anything, for programs that ask what
 * there is (-machine none).
 *
 * Thread context: under the BQL.
 */
#include "hw/machine.h"

static bool none_init(Machine *m, GError **error)
{
    return true;
}

static bool none_load(Machine *m, GError **error)
{
    return true;
}

static void none_reset(Machine *m)
{
}

static void none_finish(Machine *m)
{
}

extern const MachineClass none_machine_class;
const MachineClass none_machine_class = {
    .name = "none",
    .help = "empty machine",
    .max_cpus = 1,
    .default_ram_size = 128 * 1024 * 1024,
    .init = none_init,
    .load = none_load,
    .reset = none_reset,
    .finish = none_finish,
};
