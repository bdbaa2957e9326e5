/* SPDX-License-Identifier: MIT */
/*
 * vcpu.c - see vcpu.h.
 *
 * Thread context: vcpu_thread() and vcpu_run() in the vCPU thread, the first
 * with the BQL, the second without; all else under the BQL.
 */
#include "seed/vcpu.h"
#include "base/main_loop.h"

#define HOT_PAGES 48   /* written nearly all the time */
#define COLD_EVERY 256 /* one write in so many goes anywhere */
#define MAX_WRITES 65536 /* before the BQL is taken at the latest */

/* xorshift64 */
static uint64_t next_random(Vcpu *cpu)
{
    cpu->random ^= cpu->random << 13;
    cpu->random ^= cpu->random >> 7;
    cpu->random ^= cpu->random << 17;
    return cpu->random;
}

/* Runs the guest until it is asked to leave, or for a while. */
static void vcpu_run(Vcpu *cpu) EXCLUDES(bql) IO_FN
{
    size_t all = cpu->ram->n_pages * RAM_PAGE_WORDS;
    size_t hot = MIN(all, HOT_PAGES * RAM_PAGE_WORDS);

    IO_CODE();
    for (int i = 0; i < MAX_WRITES; i++) {
        uint64_t r = next_random(cpu);
        size_t word = r % COLD_EVERY ? r / COLD_EVERY % hot
                                     : r / COLD_EVERY % all;

        if (__atomic_load_n(&cpu->exit_request, __ATOMIC_ACQUIRE)) {
            return;
        }
        ram_store(cpu->ram, word, ++cpu->counter);
    }
}

static void vcpu_set_stopped(Vcpu *cpu, bool stopped) REQUIRES(bql)
{
    cpu->stopped = stopped;
    vm_cond_broadcast(&cpu->paused);
}

static void *vcpu_thread(void *opaque) ROLE_ENTRY(role_vcpu)
{
    Vcpu *cpu = opaque;

    bql_lock();
    while (!cpu->unplug) {
        if (cpu->stop) {
            vcpu_set_stopped(cpu, true);
            vm_cond_wait(&cpu->wake, &bql);
            continue;
        }
        vcpu_set_stopped(cpu, false);
        __atomic_store_n(&cpu->exit_request, false, __ATOMIC_RELAXED);
        bql_unlock();
        vcpu_run(cpu);
        bql_lock();
    }
    vcpu_set_stopped(cpu, true);
    bql_unlock();
    return NULL;
}

static void vcpu_kick(Vcpu *cpu) REQUIRES(bql)
{
    /* Under the BQL, so that the thread cannot reset it before it has seen
     * why it was kicked. */
    __atomic_store_n(&cpu->exit_request, true, __ATOMIC_RELEASE);
    vm_cond_broadcast(&cpu->wake);
}

bool vcpu_init(Vcpu *cpu, Ram *ram, GError **error)
{
    GLOBAL_STATE_CODE();
    *cpu = (Vcpu){
        .ram = ram,
        .stop = true,
        .stopped = true,
        .random = UINT64_C(0x9e3779b97f4a7c15),
    };
    vm_cond_init(&cpu->wake);
    vm_cond_init(&cpu->paused);
    cpu->thread = vm_thread_create("vcpu", VM_ROLE_VCPU, vcpu_thread, cpu,
                                   error);
    return cpu->thread != NULL;
}

void vcpu_destroy(Vcpu *cpu)
{
    VmThread *thread = cpu->thread;

    GLOBAL_STATE_CODE();
    cpu->thread = NULL;
    cpu->unplug = true;
    vcpu_kick(cpu);
#ifdef HF_WRONG_JOIN_UNDER_BQL
    vm_thread_join(thread);
#else
    main_loop_join(thread);
#endif
    vm_cond_destroy(&cpu->wake);
    vm_cond_destroy(&cpu->paused);
}

void vcpu_pause(Vcpu *cpu)
{
    GLOBAL_STATE_CODE();
    for (;;) {
        /* Again after each wait: somebody may have resumed it meanwhile. */
        cpu->stop = true;
        vcpu_kick(cpu);
        if (cpu->stopped) {
            break;
        }
        vm_cond_wait(&cpu->paused, &bql);
    }
}

void vcpu_resume(Vcpu *cpu)
{
    GLOBAL_STATE_CODE();
    cpu->stop = false;
    vcpu_kick(cpu);
}
