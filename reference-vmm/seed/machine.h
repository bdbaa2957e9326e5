/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the machine: its memory, its vCPU, and whether it runs.
 *
 * Thread context: all of it under the BQL, except machine_ram().
 */
#ifndef REFVMM_HW_MACHINE_H
#define REFVMM_HW_MACHINE_H

#include "base/lock.h"
#include "seed/ram.h"

typedef enum RunState {
    RUN_STATE_PAUSED,
    RUN_STATE_RUNNING,
    RUN_STATE_FINISH_MIGRATE, /* stopped, until the migration has ended */
    RUN_STATE_POSTMIGRATE,    /* stopped; the guest lives elsewhere */
} RunState;

const char *run_state_name(RunState state) IO_FN;

bool machine_init(size_t n_pages, GError **error) GS_FN;
void machine_free(void) DROPS(bql) GS_FN;

RunState machine_run_state(void) GS_FN;
Ram *machine_ram(void) IO_FN;

/* The commands.  Both may drop the BQL; vm_start() fails while a migration
 * or a stop is at work. */
void vm_stop(void) DROPS(bql) GS_FN;
bool vm_start(GError **error) GS_FN;

/* The two ends of the phase of a migration in which the guest stands still;
 * without success it goes on as it was before. */
void vm_stop_for_migration(void) DROPS(bql) GS_FN;
void vm_end_migration(bool success) GS_FN;

#endif
