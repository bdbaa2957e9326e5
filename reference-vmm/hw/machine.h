/* SPDX-License-Identifier: MIT */
/*
 * machine.h - a machine: memory, vCPUs, devices, and whether it runs.
 *
 * Several may exist at once (tests read the state of one into another), but
 * only one has vCPU threads.
 *
 * Thread context: under the BQL, except where it says otherwise.
 */
#ifndef REFVMM_HW_MACHINE_H
#define REFVMM_HW_MACHINE_H

#include "cpu/vcpu.h"
#include "hw/device.h"
#include "memory/memory.h"

/* QEMU's names, as query-status prints them. */
typedef enum RunState {
    RUN_STATE_PRELAUNCH,
    RUN_STATE_PAUSED,
    RUN_STATE_RUNNING,
    RUN_STATE_IO_ERROR,       /* a disk with werror=stop failed */
    RUN_STATE_FINISH_MIGRATE, /* stopped, until the migration has ended */
    RUN_STATE_POSTMIGRATE,    /* stopped; the guest lives elsewhere */
    RUN_STATE_INMIGRATE,      /* waits for a state to come in */
    RUN_STATE_SHUTDOWN,       /* powered off, with -no-shutdown */
    RUN_STATE_INTERNAL_ERROR,
    RUN_STATE_MAX,
} RunState;
const char *run_state_name(RunState state) IO_FN;

typedef enum ShutdownCause {
    SHUTDOWN_CAUSE_NONE,
    SHUTDOWN_CAUSE_HOST_QMP_QUIT,
    SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET,
    SHUTDOWN_CAUSE_HOST_SIGNAL,
    SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
    SHUTDOWN_CAUSE_GUEST_RESET,
    SHUTDOWN_CAUSE_GUEST_PANIC,
} ShutdownCause;
const char *shutdown_cause_name(ShutdownCause cause) IO_FN; /* "guest-reset" */

typedef struct MachineConfig {
    const char *type;  /* "virt" */
    const char *accel; /* "interp", "qtest" */
    uint64_t ram_size;
    unsigned n_cpus;
    const char *firmware; /* -bios: path, "none", or NULL: built-in SBI */
    const char *kernel, *initrd, *append, *dtb; /* NULL: none */
    bool ram_memfd;
    const char *pflash[2]; /* node names or drives; NULL: none */
    const char *dumpdtb;   /* write the device tree there; NULL: do not */
    int64_t rtc_offset_s;  /* guest's time of day minus the host's */
    bool rtc_vm_clock;     /* it stands still while the guest is stopped */
} MachineConfig;

/* Serial ports that the command line may connect. */
#define MACHINE_SERIAL_MAX 4

struct Machine {
    MachineConfig config; /* strings owned */
    MemoryRegion system_memory;
    AddressSpace as;
    MemoryRegion ram;
    GPtrArray *devices;        /* DeviceState*, owned, in order of creation */
    GPtrArray *buses;          /* DeviceBus* of the board, owned */
    RunState run_state GUARDED_BY(bql);
    void *board;               /* of the machine type */
    const struct MachineClass *klass;
    GPtrArray *roms;           /* of MachineRom*: put back at each reset */
    bool ready;                /* images are loaded */
};

/* Bytes that the guest finds in memory after each reset. */
typedef struct MachineRom {
    char *name;
    hwaddr addr;
    GBytes *bytes;
    uint64_t zeros; /* that follow */
} MachineRom;

typedef struct MachineClass {
    const char *name;
    const char *help;
    bool is_default;
    unsigned max_cpus;
    uint64_t default_ram_size;
    bool (*init)(Machine *m, GError **error);  /* board and its devices */
    bool (*load)(Machine *m, GError **error);  /* kernel, firmware, DTB */
    void (*reset)(Machine *m); /* after devices and images: entry points */
    void (*finish)(Machine *m);
} MachineClass;
typedef struct Chardev Chardev;
const MachineClass *const *machine_classes(void) IO_FN; /* NULL-terminated */

Machine *machine_new(const MachineConfig *config, GError **error) GS_FN;
/* Devices of the command line are there: load images, reset. */
bool machine_ready(Machine *m, GError **error) GS_FN;
void machine_free(Machine *m) DROPS(bql) GS_FN;
Machine *machine_current(void) IO_FN; /* the one that the program runs */
void machine_set_current(Machine *m) GS_FN;
/* Before machine_new(): what the n-th serial port talks to; NULL: nothing. */
void machine_set_serial(unsigned n, Chardev *c) GS_FN;
Chardev *machine_serial(unsigned n) GS_FN;
/* With zeros behind the bytes, which stay the caller's.  Fails when they
 * overlap others or lie outside of memory that can be loaded. */
bool machine_add_rom(Machine *m, const char *name, hwaddr addr, GBytes *bytes,
                     uint64_t zeros, GError **error) GS_FN;
/* New bytes in place of those of that name, of the same length or less. */
void machine_replace_rom(Machine *m, const char *name, GBytes *bytes) GS_FN;
void machine_reset_devices(Machine *m) GS_FN;
/* Devices, images, vCPUs, as if switched on.  Of a stopped machine. */
void machine_reset(Machine *m) DROPS(bql) GS_FN;

/* ---- run state ---------------------------------------------------------- */

void vm_start(Machine *m) GS_FN;
/* Stops vCPUs and the virtual clock, drains and flushes the block layer. */
void vm_stop(Machine *m, RunState state) DROPS(bql) GS_FN;
/* From any thread: done later by the main loop. */
void vm_stop_request(RunState state) IO_FN;
void machine_reset_request(ShutdownCause cause) IO_FN;
void machine_shutdown_request(ShutdownCause cause, int status) IO_FN;
/* What these lead to; QEMU's -action, -no-reboot and -no-shutdown. */
typedef struct MachineActions {
    bool reboot_shuts_down;  /* reboot=shutdown */
    bool shutdown_pauses;    /* shutdown=pause */
    bool panic_pauses;       /* panic=pause; else it ends the program */
} MachineActions;
void machine_set_actions(const MachineActions *a) GS_FN;
MachineActions machine_actions(void) GS_FN;

/* Events of the layers below the monitor, which sets the hook.  data is owned
 * by the callee and may be NULL.  Any thread. */
typedef void MachineEventFn(const char *name, JsonObject *data);
void machine_set_event_hook(MachineEventFn *fn) GS_FN;
void machine_event(const char *name, JsonObject *data) IO_FN;

/* Exit status of the program: of the finisher, or tohost. */
int machine_exit_status(void) GS_FN;
/* Under the BQL, at every change, for events and devices (virtio-blk retries
 * its requests when the machine runs again). */
typedef void VmStateChangeFn(void *opaque, bool running, RunState state);
typedef struct VmStateChangeEntry VmStateChangeEntry;
VmStateChangeEntry *vm_state_change_add(VmStateChangeFn *fn, void *opaque)
    GS_FN;
void vm_state_change_del(VmStateChangeEntry *e) GS_FN;

/* ---- state -------------------------------------------------------------- */

/* vCPUs, clock and every device with a vmstate, in one buffer, without RAM. */
bool machine_save(Machine *m, VMStateBuffer *b, GError **error) GS_FN;
bool machine_load(Machine *m, VMStateBuffer *b, GError **error) GS_FN;

#endif
