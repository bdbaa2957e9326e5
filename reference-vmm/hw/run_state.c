/* SPDX-License-Identifier: MIT */
/*
 * run_state.c - whether the machine runs, and who wants that changed.
 *
 * A vCPU that resets or powers off the machine cannot do it itself: stopping
 * would wait for that vCPU.  It leaves a request, and a bottom half of the
 * main loop does the work.  Of several requests the strongest counts: shut
 * down, then reset, then stop.
 *
 * Thread context: requests from any thread (under request_lock); the rest
 * under the BQL, the bottom half in the main loop.
 */
#include "hw/run_state.h"
#include "base/clock.h"
#include "base/main_loop.h"
#include "base/trace.h"
#include "block/block.h"

struct VmStateChangeEntry {
    VmStateChangeFn *fn;
    void *opaque;
};

typedef struct Requests {
    bool stop;
    RunState stop_state;
    ShutdownCause reset, shutdown;
    int status;
} Requests;

static VmMutex request_lock LOCK_RANK(RANK_RUN_STATE) =
    VM_MUTEX_INIT("run-state requests", RANK_RUN_STATE);
static Requests requests GUARDED_BY(request_lock);
static AioBh *request_bh GUARDED_BY(request_lock);

static GPtrArray *entries GUARDED_BY(bql);
static int exit_status GUARDED_BY(bql);
static MachineActions actions GUARDED_BY(bql);
static MachineEventFn *event_hook;

const char *run_state_name(RunState state)
{
    static const char *const names[] = {
        [RUN_STATE_PRELAUNCH] = "prelaunch",
        [RUN_STATE_PAUSED] = "paused",
        [RUN_STATE_RUNNING] = "running",
        [RUN_STATE_IO_ERROR] = "io-error",
        [RUN_STATE_FINISH_MIGRATE] = "finish-migrate",
        [RUN_STATE_POSTMIGRATE] = "postmigrate",
        [RUN_STATE_INMIGRATE] = "inmigrate",
        [RUN_STATE_SHUTDOWN] = "shutdown",
        [RUN_STATE_INTERNAL_ERROR] = "internal-error",
    };

    return state < RUN_STATE_MAX ? names[state] : "?";
}

const char *shutdown_cause_name(ShutdownCause cause)
{
    static const char *const names[] = {
        [SHUTDOWN_CAUSE_NONE] = "none",
        [SHUTDOWN_CAUSE_HOST_QMP_QUIT] = "host-qmp-quit",
        [SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET] = "host-qmp-system-reset",
        [SHUTDOWN_CAUSE_HOST_SIGNAL] = "host-signal",
        [SHUTDOWN_CAUSE_GUEST_SHUTDOWN] = "guest-shutdown",
        [SHUTDOWN_CAUSE_GUEST_RESET] = "guest-reset",
        [SHUTDOWN_CAUSE_GUEST_PANIC] = "guest-panic",
    };

    return cause < G_N_ELEMENTS(names) ? names[cause] : "?";
}

/* ---- events and notifiers ----------------------------------------------- */

void machine_set_event_hook(MachineEventFn *fn)
{
    GLOBAL_STATE_CODE();
    __atomic_store_n(&event_hook, fn, __ATOMIC_RELEASE);
}

void machine_event(const char *name, JsonObject *data)
{
    MachineEventFn *fn = __atomic_load_n(&event_hook, __ATOMIC_ACQUIRE);

    IO_CODE();
    if (fn) {
        fn(name, data);
    } else if (data) {
        json_object_unref(data);
    }
}

VmStateChangeEntry *vm_state_change_add(VmStateChangeFn *fn, void *opaque)
{
    VmStateChangeEntry *e = g_new(VmStateChangeEntry, 1);

    GLOBAL_STATE_CODE();
    e->fn = fn;
    e->opaque = opaque;
    if (!entries) {
        entries = g_ptr_array_new();
    }
    g_ptr_array_add(entries, e);
    return e;
}

void vm_state_change_del(VmStateChangeEntry *e)
{
    GLOBAL_STATE_CODE();
    if (!e) {
        return;
    }
    g_ptr_array_remove(entries, e);
    g_free(e);
    if (!entries->len) {
        g_ptr_array_unref(entries);
        entries = NULL;
    }
}

/* In the order of registration when it starts, backwards when it stops, so
 * that what was built on something stops before that. */
static GS_FN void notify(bool running, RunState state)
{
    guint n = entries ? entries->len : 0;

    for (guint i = 0; i < n; i++) {
        VmStateChangeEntry *e =
            g_ptr_array_index(entries, running ? i : n - 1 - i);

        e->fn(e->opaque, running, state);
    }
}

/* ---- start and stop ----------------------------------------------------- */

void vm_start(Machine *m)
{
    GLOBAL_STATE_CODE();
    if (m->run_state == RUN_STATE_RUNNING) {
        return;
    }
    TRACE(vm_start, "from %s", run_state_name(m->run_state));
    m->run_state = RUN_STATE_RUNNING;
    vm_clock_start();
    notify(true, RUN_STATE_RUNNING);
    vcpus_start();
    machine_event("RESUME", NULL);
}

void vm_stop(Machine *m, RunState state)
{
    GLOBAL_STATE_CODE();
    if (m->run_state == RUN_STATE_RUNNING) {
        TRACE(vm_stop, "to %s", run_state_name(state));
        /* Gives the BQL back while it waits: another thread may have done
         * the rest by then. */
        vcpus_pause();
    }
    if (m->run_state != RUN_STATE_RUNNING) {
        m->run_state = state;
        return;
    }
    vm_clock_stop();
    m->run_state = state;
    notify(false, state);
    bdrv_drain_all();
    bdrv_flush_all();
    machine_event("STOP", NULL);
}

/* ---- requests ----------------------------------------------------------- */

int machine_exit_status(void)
{
    GLOBAL_STATE_CODE();
    return exit_status;
}

void machine_set_actions(const MachineActions *a)
{
    GLOBAL_STATE_CODE();
    actions = *a;
}

MachineActions machine_actions(void)
{
    GLOBAL_STATE_CODE();
    return actions;
}

static void emit_cause(const char *event, ShutdownCause cause)
{
    JsonObject *data = json_object_new();

    json_object_set_boolean_member(data, "guest",
                                   cause >= SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    json_object_set_string_member(data, "reason", shutdown_cause_name(cause));
    machine_event(event, data);
}

static bool comes_from_host(ShutdownCause cause)
{
    return cause == SHUTDOWN_CAUSE_HOST_QMP_QUIT ||
           cause == SHUTDOWN_CAUSE_HOST_SIGNAL;
}

static GS_FN void do_shutdown(Machine *m, ShutdownCause cause, int status)
{
    bool pauses = cause == SHUTDOWN_CAUSE_GUEST_PANIC
                      ? actions.panic_pauses : actions.shutdown_pauses;

    TRACE(machine_shutdown, "%s, status %d", shutdown_cause_name(cause),
          status);
    emit_cause("SHUTDOWN", cause);
    if (pauses && !comes_from_host(cause)) {
        vm_stop(m, RUN_STATE_SHUTDOWN);
        return;
    }
    exit_status = status;
    vm_stop(m, RUN_STATE_SHUTDOWN);
    main_loop_quit();
}

static GS_FN void do_reset(Machine *m, ShutdownCause cause)
{
    bool was_running = m->run_state == RUN_STATE_RUNNING;
    RunState state = m->run_state;

    if (cause == SHUTDOWN_CAUSE_GUEST_RESET && actions.reboot_shuts_down) {
        do_shutdown(m, cause, 0);
        return;
    }
    TRACE(machine_reset, "%s", shutdown_cause_name(cause));
    vcpus_pause();
    machine_reset(m);
    emit_cause("RESET", cause);
    if (was_running) {
        vcpus_start();
    } else if (state == RUN_STATE_SHUTDOWN ||
               state == RUN_STATE_INTERNAL_ERROR) {
        /* It can go on again. */
        m->run_state = RUN_STATE_PAUSED;
    }
}

static void run_requests(void *opaque)
{
    Machine *m = machine_current();
    Requests r;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&request_lock);
    r = requests;
    requests = (Requests){ .stop = false };
    vm_mutex_unlock(&request_lock);
    if (!m) {
        return;
    }
    if (r.shutdown) {
        do_shutdown(m, r.shutdown, r.status);
    } else if (r.reset) {
        do_reset(m, r.reset);
    }
    if (r.stop) {
        vm_stop(m, r.stop_state);
    }
}

void run_state_set_machine(Machine *m)
{
    AioBh *bh = m ? aio_bh_new(main_loop_context(), run_requests, NULL) : NULL;
    AioBh *old;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&request_lock);
    old = request_bh;
    request_bh = bh;
    requests = (Requests){ .stop = false };
    vm_mutex_unlock(&request_lock);
    aio_bh_delete(old);
}

static void schedule_locked(void) REQUIRES(request_lock);
static void schedule_locked(void)
{
    if (request_bh) {
        aio_bh_schedule(request_bh);
    }
}

void vm_stop_request(RunState state)
{
    IO_CODE();
    vm_mutex_lock(&request_lock);
    requests.stop = true;
    requests.stop_state = state;
    schedule_locked();
    vm_mutex_unlock(&request_lock);
}

void machine_reset_request(ShutdownCause cause)
{
    IO_CODE();
    vm_mutex_lock(&request_lock);
    requests.reset = cause;
    schedule_locked();
    vm_mutex_unlock(&request_lock);
}

void machine_shutdown_request(ShutdownCause cause, int status)
{
    IO_CODE();
    vm_mutex_lock(&request_lock);
    /* The first one counts: a guest that has ended goes on for a while. */
    if (!requests.shutdown) {
        requests.shutdown = cause;
        requests.status = status;
    }
    schedule_locked();
    vm_mutex_unlock(&request_lock);
}
