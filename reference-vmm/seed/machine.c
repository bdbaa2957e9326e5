/* SPDX-License-Identifier: MIT */
/*
 * machine.c - see machine.h.
 *
 * Thread context: whoever holds the BQL: the main loop for the commands, the
 * migration thread for the phase in which the guest stands still.
 */
#include "seed/machine.h"
#include "base/error.h"
#include "seed/vcpu.h"

static struct {
    Ram *ram; /* set before there are other threads */
    Vcpu vcpu;
    RunState run_state GUARDED_BY(bql);
    bool was_running GUARDED_BY(bql); /* before FINISH_MIGRATE */
    int pausing GUARDED_BY(bql);      /* threads inside vcpu_pause() */
} machine;

const char *run_state_name(RunState state)
{
    static const char *const names[] = {
        [RUN_STATE_PAUSED] = "paused",
        [RUN_STATE_RUNNING] = "running",
        [RUN_STATE_FINISH_MIGRATE] = "finish-migrate",
        [RUN_STATE_POSTMIGRATE] = "postmigrate",
    };

    return names[state];
}

bool machine_init(size_t n_pages, GError **error)
{
    GLOBAL_STATE_CODE();
    machine.ram = ram_new(n_pages, error);
    if (!machine.ram) {
        return false;
    }
    machine.run_state = RUN_STATE_PAUSED;
    if (!vcpu_init(&machine.vcpu, machine.ram, error)) {
        ram_free(machine.ram);
        machine.ram = NULL;
        return false;
    }
    return true;
}

void machine_free(void)
{
    GLOBAL_STATE_CODE();
#ifdef HF_WRONG_FREE_BEFORE_JOIN
    ram_free(machine.ram);
    vcpu_destroy(&machine.vcpu);
#else
    vcpu_destroy(&machine.vcpu);
    ram_free(machine.ram);
#endif
    machine.ram = NULL;
}

RunState machine_run_state(void)
{
    GLOBAL_STATE_CODE();
    return machine.run_state;
}

Ram *machine_ram(void)
{
    return machine.ram;
}

/* Says whether the guest was running.  The BQL is dropped while the vCPU
 * comes to a halt, so another thread may have stopped it first: only what is
 * read afterwards counts. */
static bool machine_pause(void) DROPS(bql) GS_FN
{
    bool was_running;

    GLOBAL_STATE_CODE();
#ifdef HF_WRONG_STALE_READ
    was_running = machine.run_state == RUN_STATE_RUNNING;
#endif
    machine.pausing++;
    vcpu_pause(&machine.vcpu);
    machine.pausing--;
#ifndef HF_WRONG_STALE_READ
    was_running = machine.run_state == RUN_STATE_RUNNING;
#endif
    return was_running;
}

void vm_stop(void)
{
    GLOBAL_STATE_CODE();
    if (machine_pause()) {
        machine.run_state = RUN_STATE_PAUSED;
    } else {
        machine.was_running = false;
    }
}

bool vm_start(GError **error)
{
    GLOBAL_STATE_CODE();
    if (machine.pausing || machine.run_state == RUN_STATE_FINISH_MIGRATE) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "the machine is being stopped");
        return false;
    }
    machine.run_state = RUN_STATE_RUNNING;
    vcpu_resume(&machine.vcpu);
    return true;
}

void vm_stop_for_migration(void)
{
    GLOBAL_STATE_CODE();
    machine.was_running = machine_pause();
    machine.run_state = RUN_STATE_FINISH_MIGRATE;
}

void vm_end_migration(bool success)
{
    GLOBAL_STATE_CODE();
    if (success) {
        machine.run_state = RUN_STATE_POSTMIGRATE;
    } else if (machine.was_running) {
        machine.run_state = RUN_STATE_RUNNING;
        vcpu_resume(&machine.vcpu);
    } else {
        machine.run_state = RUN_STATE_PAUSED;
    }
}
