/* SPDX-License-Identifier: MIT */
/*
 * vcpu.c - see vcpu.h: threads that run vCPUs, and how they are stopped.
 *
 * Thread context: vcpu_thread() holds the BQL except while the guest runs or
 * there is nothing to do; what other threads want of it they leave in fields
 * that the BQL guards and kick it.
 */
#include "cpu/vcpu.h"
#include "base/error.h"
#include "base/main_loop.h"
#include "cpu/accel.h"
#include <sys/syscall.h>
#include <unistd.h>

/* Something to do in a vCPU's thread; lives on the stack of who waits. */
typedef struct VcpuWork {
    void (*fn)(Vcpu *cpu, void *opaque);
    void *opaque;
    bool done;
    struct VcpuWork *next;
} VcpuWork;

struct Vcpu {
    VcpuConfig config;
    const AccelOps *accel;
    void *state; /* the accelerator's */
    VmThread *thread GUARDED_BY(bql);
    int tid;     /* atomic; 0: not yet */
    bool stop GUARDED_BY(bql);    /* it is to pause */
    bool stopped GUARDED_BY(bql); /* it has paused */
    bool unplug GUARDED_BY(bql);  /* it is to end */
    VcpuWork *work GUARDED_BY(bql);
    VmCond wake;    /* with bql: stop, unplug or work changed */
    VmCond changed; /* with bql: stopped changed, or work is done */
};

/* By hart id.  Made under the BQL before any runs, so constant for them. */
static Vcpu *vcpus[VCPU_MAX];
static unsigned n_vcpus;

/* ---- the thread --------------------------------------------------------- */

static void set_stopped(Vcpu *cpu, bool stopped) REQUIRES(bql)
{
    cpu->stopped = stopped;
    vm_cond_broadcast(&cpu->changed);
}

static void do_work(Vcpu *cpu) REQUIRES(bql)
{
    while (cpu->work) {
        VcpuWork *w = cpu->work;

        cpu->work = w->next;
        w->fn(cpu, w->opaque);
        w->done = true;
        vm_cond_broadcast(&cpu->changed);
    }
}

static void *vcpu_thread(void *opaque) ROLE_ENTRY(role_vcpu)
{
    Vcpu *cpu = opaque;

    __atomic_store_n(&cpu->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
    bql_lock();
    while (!cpu->unplug) {
        if (cpu->work) {
            do_work(cpu);
            continue;
        }
        if (cpu->stop) {
            set_stopped(cpu, true);
            vm_cond_wait(&cpu->wake, &bql);
            continue;
        }
        set_stopped(cpu, false);
        bql_unlock();
        cpu->accel->run(cpu->state);
        bql_lock();
    }
    do_work(cpu);
    set_stopped(cpu, true);
    bql_unlock();
    return NULL;
}

/* Under the BQL, so that the thread, which looks under the BQL, sees why. */
static void wake_thread(Vcpu *cpu) REQUIRES(bql)
{
    cpu->accel->request_exit(cpu->state);
    vm_cond_broadcast(&cpu->wake);
}

/* ---- life --------------------------------------------------------------- */

static void vcpu_free(Vcpu *cpu) REQUIRES(bql)
{
    cpu->accel->destroy(cpu->state);
    vm_cond_destroy(&cpu->wake);
    vm_cond_destroy(&cpu->changed);
    g_free(cpu);
}

static bool start_thread(Vcpu *cpu, GError **error) REQUIRES(bql)
{
    g_autofree char *name = NULL;

    if (!cpu->accel->has_threads) {
        return true;
    }
    name = g_strdup_printf("CPU %u/%s", cpu->config.hartid, cpu->accel->name);
    cpu->thread = vm_thread_create(name, VM_ROLE_VCPU, vcpu_thread, cpu,
                                   error);
    return cpu->thread != NULL;
}

static bool config_ok(const VcpuConfig *config, GError **error)
{
    if (config->hartid >= VCPU_MAX) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "hart %u: at most %u harts are possible",
                    config->hartid, VCPU_MAX);
        return false;
    }
    if (vcpus[config->hartid]) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "hart %u exists already", config->hartid);
        return false;
    }
    return true;
}

Vcpu *vcpu_new(const VcpuConfig *config, GError **error)
{
    Vcpu *cpu;

    GLOBAL_STATE_CODE();
    if (!config_ok(config, error)) {
        return NULL;
    }
    cpu = g_new0(Vcpu, 1);
    cpu->config = *config;
    cpu->accel = accel_current();
    cpu->stop = cpu->stopped = true;
    vm_cond_init(&cpu->wake);
    vm_cond_init(&cpu->changed);
    cpu->state = cpu->accel->create(config, cpu, error);
    if (!cpu->state || !start_thread(cpu, error)) {
        vcpu_free(cpu);
        return NULL;
    }
    vcpus[config->hartid] = cpu;
    n_vcpus++;
    return cpu;
}

static void end_thread(Vcpu *cpu) DROPS(bql)
{
    VmThread *thread = cpu->thread;

    cpu->thread = NULL;
    cpu->unplug = true;
    wake_thread(cpu);
    main_loop_join(thread);
}

void vcpus_free(void)
{
    GLOBAL_STATE_CODE();
    /* All threads first: a hart may be looking at another. */
    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if (vcpus[i]) {
            end_thread(vcpus[i]);
        }
    }
    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if (vcpus[i]) {
            vcpu_free(vcpus[i]);
            vcpus[i] = NULL;
        }
    }
    n_vcpus = 0;
}

unsigned vcpus_count(void)
{
    return n_vcpus;
}

Vcpu *vcpu_by_id(unsigned hartid)
{
    return hartid < VCPU_MAX ? vcpus[hartid] : NULL;
}

void vcpu_reset(Vcpu *cpu)
{
    GLOBAL_STATE_CODE();
    cpu->accel->reset(cpu->state);
}

void vcpu_set_entry(Vcpu *cpu, uint64_t pc, uint64_t a0, uint64_t a1)
{
    GLOBAL_STATE_CODE();
    cpu->accel->set_entry(cpu->state, pc, a0, a1);
}

/* ---- running ------------------------------------------------------------ */

void vcpus_start(void)
{
    GLOBAL_STATE_CODE();
    for (unsigned i = 0; i < VCPU_MAX; i++) {
        Vcpu *cpu = vcpus[i];

        if (cpu && cpu->thread) {
            cpu->stop = false;
            wake_thread(cpu);
        }
    }
}

/* A vCPU's own thread cannot wait for itself: it stops when it comes back to
 * its loop, and counts as stopped. */
static bool is_self(const Vcpu *cpu)
{
    return __atomic_load_n(&cpu->tid, __ATOMIC_ACQUIRE)
           == (int)syscall(SYS_gettid);
}

static bool all_stopped(Vcpu **ret_running) REQUIRES(bql)
{
    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if (vcpus[i] && !vcpus[i]->stopped && !is_self(vcpus[i])) {
            *ret_running = vcpus[i];
            return false;
        }
    }
    return true;
}

void vcpus_pause(void)
{
    Vcpu *running;

    GLOBAL_STATE_CODE();
    for (;;) {
        /* Again after each wait: somebody may have started them meanwhile. */
        for (unsigned i = 0; i < VCPU_MAX; i++) {
            if (vcpus[i] && vcpus[i]->thread) {
                vcpus[i]->stop = true;
                wake_thread(vcpus[i]);
            }
        }
        if (all_stopped(&running)) {
            break;
        }
        vm_cond_wait(&running->changed, &bql);
    }
}

void vcpu_set_irq(Vcpu *cpu, unsigned bit, bool level)
{
    cpu->accel->set_irq(cpu->state, bit, level);
}

void vcpu_kick(Vcpu *cpu)
{
    cpu->accel->request_exit(cpu->state);
}

void vcpu_run_on(Vcpu *cpu, void (*fn)(Vcpu *cpu, void *opaque), void *opaque)
{
    VcpuWork work = { .fn = fn, .opaque = opaque };
    VcpuWork **last = &cpu->work;

    GLOBAL_STATE_CODE();
    if (!cpu->thread || cpu->stopped || is_self(cpu)) {
        fn(cpu, opaque);
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = &work;
    wake_thread(cpu);
    while (!work.done) {
        vm_cond_wait(&cpu->changed, &bql);
    }
}

/* ---- questions ---------------------------------------------------------- */

unsigned vcpu_id(const Vcpu *cpu)
{
    return cpu->config.hartid;
}

int vcpu_thread_id(const Vcpu *cpu)
{
    return __atomic_load_n(&cpu->tid, __ATOMIC_ACQUIRE);
}

bool vcpu_is_halted(const Vcpu *cpu)
{
    return cpu->accel->is_halted(cpu->state);
}

uint64_t vcpu_instructions(const Vcpu *cpu)
{
    return cpu->accel->instructions(cpu->state);
}

bool vcpu_get_register(Vcpu *cpu, const char *name, uint64_t *ret)
{
    GLOBAL_STATE_CODE();
    return cpu->accel->get_register(cpu->state, name, ret);
}

bool vcpu_set_register(Vcpu *cpu, const char *name, uint64_t value)
{
    GLOBAL_STATE_CODE();
    return cpu->accel->set_register(cpu->state, name, value);
}

char *vcpu_dump(Vcpu *cpu)
{
    GLOBAL_STATE_CODE();
    return cpu->accel->dump(cpu->state);
}

const VMStateDescription *vcpu_vmstate(void)
{
    return accel_current()->vmstate;
}

void *vcpu_vmstate_opaque(Vcpu *cpu)
{
    GLOBAL_STATE_CODE();
    return cpu->state;
}

const char *vcpu_isa_string(void)
{
    return "rv64imafdc_zicntr_zicsr_zifencei_zihintpause_zihpm_sstc_svadu";
}
