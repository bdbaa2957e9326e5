/* SPDX-License-Identifier: MIT */
/*
 * aclint.c - machine-level software interrupts and timers of all harts, in
 * the layout of SiFive's CLINT (RISC-V ACLINT specification 1.0-rc4, chapters
 * 2, 3 and 5):
 *
 *     0x0000 + 4 * hart   MSIP, bit 0
 *     0x4000 + 8 * hart   MTIMECMP
 *     0xbff8              MTIME
 *
 * MTIME is the virtual clock at 10 MHz, plus what the guest's writes to it
 * add.
 *
 * Thread context: accesses in vCPU threads without the BQL, timers in the
 * main loop; all under the device's own lock.  Within it the lines to the
 * harts are set, so that they change in the order of the registers.
 */
#include "hw/riscv/aclint.h"
#include "base/main_loop.h"
#include "hw/machine.h"

#define MTIMECMP_BASE 0x4000
#define MTIME_OFFSET 0xbff8
#define NS_PER_TICK (1000000000 / RISCV_TIMEBASE_HZ)
#define MAX_HARTS VCPU_MAX

typedef struct RiscvClint RiscvClint;

typedef struct ClintTimer {
    RiscvClint *clint;
    unsigned hart;
    AioTimer *timer;
} ClintTimer;

struct RiscvClint {
    DeviceState parent;
    MemoryRegion mmio;
    uint32_t n_harts;
    VmMutex lock LOCK_RANK(RANK_ACLINT);
    ClintTimer timers[MAX_HARTS];
    /* What is saved.  time_delta is atomic as well: the time CSR is read
     * without the lock, by whoever knows of no write of another hart. */
    uint64_t time_delta;
    uint64_t mtimecmp[MAX_HARTS] GUARDED_BY(&lock);
    uint32_t msip[MAX_HARTS] GUARDED_BY(&lock);
};

static uint64_t clock_ticks(void)
{
    return (uint64_t)vm_clock_get_ns(VM_CLOCK_VIRTUAL) / NS_PER_TICK;
}

static uint64_t mtime(RiscvClint *s)
{
    return clock_ticks() + __atomic_load_n(&s->time_delta, __ATOMIC_RELAXED);
}

uint64_t riscv_clint_read_time(DeviceState *dev)
{
    IO_CODE();
    return mtime((RiscvClint *)dev);
}

static void set_hart_irq(unsigned hart, unsigned bit, bool level)
{
    Vcpu *cpu = vcpu_by_id(hart);

    if (cpu) {
        vcpu_set_irq(cpu, bit, level);
    }
}

/* MTIP, and the timer for when it changes. */
static void update_timer(RiscvClint *s, unsigned hart) REQUIRES(&s->lock);
static void update_timer(RiscvClint *s, unsigned hart)
{
    uint64_t cmp = s->mtimecmp[hart], now = clock_ticks(), due;
    uint64_t time = now + __atomic_load_n(&s->time_delta, __ATOMIC_RELAXED);

    if (time >= cmp) {
        aio_timer_cancel(s->timers[hart].timer);
        set_hart_irq(hart, RISCV_IRQ_MTIP, true);
        return;
    }
    set_hart_irq(hart, RISCV_IRQ_MTIP, false);
    /* Not within 292 years: never. */
    if (!__builtin_add_overflow(now, cmp - time, &due) &&
        due <= INT64_MAX / NS_PER_TICK) {
        aio_timer_mod(s->timers[hart].timer, (int64_t)due * NS_PER_TICK);
    } else {
        aio_timer_cancel(s->timers[hart].timer);
    }
}

static void timer_expired(void *opaque)
{
    ClintTimer *t = opaque;

    vm_mutex_lock(&t->clint->lock);
    update_timer(t->clint, t->hart);
    vm_mutex_unlock(&t->clint->lock);
}

/* ---- registers ---------------------------------------------------------- */

/* One of 32 bits; those that do not exist are zero. */
static uint32_t read_word(RiscvClint *s, hwaddr offset) REQUIRES(&s->lock);
static uint32_t read_word(RiscvClint *s, hwaddr offset)
{
    unsigned shift = offset & 4 ? 32 : 0;

    if (offset < 4 * s->n_harts) {
        return s->msip[offset / 4];
    }
    if (offset >= MTIMECMP_BASE && offset < MTIMECMP_BASE + 8 * s->n_harts) {
        return s->mtimecmp[(offset - MTIMECMP_BASE) / 8] >> shift;
    }
    return 0;
}

static MemTxResult clint_read(void *opaque, hwaddr offset, unsigned size,
                              uint64_t *ret_value, MemTxAttrs attrs)
{
    RiscvClint *s = opaque;
    uint64_t value;

    vm_mutex_lock(&s->lock);
    if ((offset & ~(hwaddr)7) == MTIME_OFFSET) {
        /* Both halves of one time. */
        value = mtime(s) >> (offset & 4 ? 32 : 0);
    } else {
        value = read_word(s, offset);
        if (size == 8) {
            value |= (uint64_t)read_word(s, offset + 4) << 32;
        }
    }
    vm_mutex_unlock(&s->lock);
    *ret_value = size == 8 ? value : (uint32_t)value;
    return MEMTX_OK;
}

static uint64_t merge(uint64_t old, hwaddr offset, unsigned size,
                      uint64_t value)
{
    if (size == 8) {
        return value;
    }
    if (offset & 4) {
        return (uint32_t)old | value << 32;
    }
    return (old & ~(uint64_t)UINT32_MAX) | (uint32_t)value;
}

static void write_msip(RiscvClint *s, unsigned hart, uint32_t value)
    REQUIRES(&s->lock);
static void write_msip(RiscvClint *s, unsigned hart, uint32_t value)
{
    s->msip[hart] = value & 1;
    set_hart_irq(hart, RISCV_IRQ_MSIP, value & 1);
}

static MemTxResult clint_write(void *opaque, hwaddr offset, unsigned size,
                               uint64_t value, MemTxAttrs attrs)
{
    RiscvClint *s = opaque;

    vm_mutex_lock(&s->lock);
    if (offset < 4 * s->n_harts) {
        write_msip(s, offset / 4, value);
        if (size == 8 && offset / 4 + 1 < s->n_harts) {
            write_msip(s, offset / 4 + 1, value >> 32);
        }
    } else if (offset >= MTIMECMP_BASE &&
               offset < MTIMECMP_BASE + 8 * s->n_harts) {
        unsigned hart = (offset - MTIMECMP_BASE) / 8;

        s->mtimecmp[hart] = merge(s->mtimecmp[hart], offset, size, value);
        update_timer(s, hart);
    } else if ((offset & ~(hwaddr)7) == MTIME_OFFSET) {
        uint64_t now = clock_ticks();
        uint64_t time = merge(mtime(s), offset, size, value);

        __atomic_store_n(&s->time_delta, time - now, __ATOMIC_RELAXED);
        for (unsigned i = 0; i < s->n_harts; i++) {
            update_timer(s, i);
        }
    }
    vm_mutex_unlock(&s->lock);
    return MEMTX_OK;
}

static const MemoryRegionOps clint_ops = {
    .read = clint_read,
    .write = clint_write,
    .min_access_size = 4,
    .max_access_size = 8,
    .lockless = true,
};

/* ---- life --------------------------------------------------------------- */

static bool clint_realize(DeviceState *dev, GError **error)
{
    RiscvClint *s = (RiscvClint *)dev;

    GLOBAL_STATE_CODE();
    vm_mutex_init(&s->lock, "clint", RANK_ACLINT);
    for (unsigned i = 0; i < s->n_harts; i++) {
        s->timers[i].clint = s;
        s->timers[i].hart = i;
        s->timers[i].timer = aio_timer_new(main_loop_context(),
                                           VM_CLOCK_VIRTUAL, timer_expired,
                                           &s->timers[i]);
    }
    memory_region_init_io(&s->mmio, &clint_ops, s, "riscv.clint",
                          RISCV_CLINT_SIZE);
    device_add_mmio(dev, &s->mmio);
    return true;
}

static void clint_unrealize(DeviceState *dev)
{
    RiscvClint *s = (RiscvClint *)dev;

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; i < s->n_harts; i++) {
        aio_timer_delete(s->timers[i].timer);
    }
    vm_mutex_destroy(&s->lock);
}

static void clint_reset(DeviceState *dev)
{
    RiscvClint *s = (RiscvClint *)dev;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&s->lock);
    /* Time begins anew, as after power-on. */
    __atomic_store_n(&s->time_delta, -clock_ticks(), __ATOMIC_RELAXED);
    for (unsigned i = 0; i < s->n_harts; i++) {
        s->mtimecmp[i] = UINT64_MAX;
        update_timer(s, i);
        write_msip(s, i, 0);
    }
    vm_mutex_unlock(&s->lock);
}

static bool clint_post_load(void *opaque, int version, GError **error)
{
    RiscvClint *s = opaque;

    vm_mutex_lock(&s->lock);
    for (unsigned i = 0; i < s->n_harts; i++) {
        update_timer(s, i);
        write_msip(s, i, s->msip[i]);
    }
    vm_mutex_unlock(&s->lock);
    return true;
}

static const VMStateField clint_fields[] = {
    VMSTATE_UINT64(time_delta, RiscvClint),
    VMSTATE_UINT64_ARRAY(mtimecmp, RiscvClint),
    VMSTATE_UINT32_ARRAY(msip, RiscvClint),
    VMSTATE_END
};

static const VMStateDescription clint_vmstate = {
    .name = "riscv_aclint",
    .version = 1,
    .fields = clint_fields,
    .post_load = clint_post_load,
};

static const DeviceProperty clint_properties[] = {
    { "num-harts", PROPERTY_UINT32, offsetof(RiscvClint, n_harts), 1, 1,
      MAX_HARTS, NULL, "harts that it interrupts" },
    { NULL }
};

extern const DeviceClass riscv_clint_class;
const DeviceClass riscv_clint_class = {
    .name = "riscv.aclint",
    .help = "machine timer and software interrupts",
    .instance_size = sizeof(RiscvClint),
    .properties = clint_properties,
    .realize = clint_realize,
    .unrealize = clint_unrealize,
    .reset = clint_reset,
    .vmstate = &clint_vmstate,
};
