/* SPDX-License-Identifier: MIT */
/*
 * plic.c - platform-level interrupt controller (RISC-V PLIC specification
 * 1.0.0), laid out as SiFive's:
 *
 *     0x000000 + 4 * source            priority, 0 to 7
 *     0x001000 + 4 * (source / 32)     pending bits
 *     0x002000 + 0x80 * context + ...  enable bits
 *     0x200000 + 0x1000 * context      threshold; + 4: claim and complete
 *
 * Context 2 * h is hart h in M-mode, 2 * h + 1 in S-mode.
 *
 * Gateways are for level-triggered sources: a high line makes one request,
 * which stays pending until it is claimed, even when the line falls before;
 * the next one is made when the handler completes and the line is high still.
 *
 * Thread context: lines and registers in any thread without the BQL, under
 * the device's own lock; lines to the harts are set within it, so that they
 * agree with the registers.
 */
#include "hw/riscv/plic.h"
#include "base/trace.h"
#include "hw/machine.h"

#define PENDING_BASE 0x1000
#define ENABLE_BASE 0x2000
#define ENABLE_STRIDE 0x80
#define CONTEXT_BASE 0x200000
#define CONTEXT_STRIDE 0x1000
#define PRIORITY_MAX 7
#define N_SOURCES RISCV_PLIC_SOURCES
#define N_WORDS (N_SOURCES / 32)
#define MAX_CONTEXTS (2 * VCPU_MAX)

typedef struct PlicContext {
    uint32_t enable[N_WORDS];
    uint32_t threshold;
} PlicContext;

typedef struct RiscvPlic {
    DeviceState parent;
    MemoryRegion mmio;
    uint32_t n_harts;
    VmMutex lock LOCK_RANK(RANK_PLIC);
    uint32_t priority[N_SOURCES] GUARDED_BY(&lock);
    uint32_t level[N_WORDS] GUARDED_BY(&lock);   /* of the lines */
    uint32_t pending[N_WORDS] GUARDED_BY(&lock);
    uint32_t claimed[N_WORDS] GUARDED_BY(&lock); /* and not completed */
    PlicContext contexts[MAX_CONTEXTS] GUARDED_BY(&lock);
} RiscvPlic;

/* ---- what is due -------------------------------------------------------- */

/* The pending source of the highest priority above floor that the context
 * has enabled; of several the lowest.  0: none. */
static unsigned best_source(RiscvPlic *s, unsigned context, uint32_t floor)
    REQUIRES(&s->lock);
static unsigned best_source(RiscvPlic *s, unsigned context, uint32_t floor)
{
    unsigned best = 0;

    for (unsigned w = 0; w < N_WORDS; w++) {
        uint32_t bits = s->pending[w] & s->contexts[context].enable[w];

        while (bits) {
            unsigned n = 32 * w + __builtin_ctz(bits);

            if (s->priority[n] > floor) {
                floor = s->priority[n];
                best = n;
            }
            bits &= bits - 1;
        }
    }
    return best;
}

static void update(RiscvPlic *s) REQUIRES(&s->lock);
static void update(RiscvPlic *s)
{
    for (unsigned i = 0; i < 2 * s->n_harts; i++) {
        Vcpu *cpu = vcpu_by_id(i / 2);

        if (cpu) {
            vcpu_set_irq(cpu, i & 1 ? RISCV_IRQ_SEIP : RISCV_IRQ_MEIP,
                         best_source(s, i, s->contexts[i].threshold) != 0);
        }
    }
}

/* The gateway: a request when the line is high and none is on its way. */
static void gate(RiscvPlic *s, unsigned source) REQUIRES(&s->lock);
static void gate(RiscvPlic *s, unsigned source)
{
    unsigned w = source / 32;

    s->pending[w] |= s->level[w] & ~s->claimed[w] & 1u << source % 32;
}

static void plic_set_line(void *opaque, int n, int level)
{
    RiscvPlic *s = opaque;
    uint32_t bit = 1u << n % 32;

    vm_mutex_lock(&s->lock);
    if (level) {
        s->level[n / 32] |= bit;
        gate(s, n);
        update(s);
    } else {
        s->level[n / 32] &= ~bit;
    }
    vm_mutex_unlock(&s->lock);
}

VmIrq riscv_plic_irq(DeviceState *dev, unsigned source)
{
    IO_CODE();
    g_assert(source > 0 && source < N_SOURCES);
    return (VmIrq){ plic_set_line, dev, source };
}

/* Takes the best one, whatever the threshold. */
static uint32_t claim(RiscvPlic *s, unsigned context) REQUIRES(&s->lock);
static uint32_t claim(RiscvPlic *s, unsigned context)
{
    unsigned n = best_source(s, context, 0);

    TRACE(plic_claim, "source %u", n);
    if (n) {
        s->pending[n / 32] &= ~(1u << n % 32);
        s->claimed[n / 32] |= 1u << n % 32;
        update(s);
    }
    return n;
}

/* Of a source that the context has not enabled: ignored. */
static void complete(RiscvPlic *s, unsigned context, uint32_t n)
    REQUIRES(&s->lock);
static void complete(RiscvPlic *s, unsigned context, uint32_t n)
{
    if (n >= N_SOURCES ||
        !(s->contexts[context].enable[n / 32] & 1u << n % 32)) {
        return;
    }
    TRACE(plic_complete, "source %u", n);
    s->claimed[n / 32] &= ~(1u << n % 32);
    gate(s, n);
    update(s);
}

/* ---- registers ---------------------------------------------------------- */

typedef enum PlicRegister {
    PLIC_NONE,
    PLIC_PRIORITY,
    PLIC_PENDING,
    PLIC_ENABLE,
    PLIC_THRESHOLD,
    PLIC_CLAIM,
} PlicRegister;

/* Which one, of which context, and its number there. */
static PlicRegister decode(const RiscvPlic *s, hwaddr offset,
                           unsigned *ret_context, unsigned *ret_index)
{
    unsigned n_contexts = 2 * s->n_harts;

    *ret_context = *ret_index = 0;
    if (offset < PENDING_BASE) {
        *ret_index = offset / 4;
        return *ret_index > 0 && *ret_index < N_SOURCES ? PLIC_PRIORITY
                                                        : PLIC_NONE;
    }
    if (offset < ENABLE_BASE) {
        *ret_index = (offset - PENDING_BASE) / 4;
        return *ret_index < N_WORDS ? PLIC_PENDING : PLIC_NONE;
    }
    if (offset < CONTEXT_BASE) {
        *ret_context = (offset - ENABLE_BASE) / ENABLE_STRIDE;
        *ret_index = (offset - ENABLE_BASE) % ENABLE_STRIDE / 4;
        return *ret_context < n_contexts && *ret_index < N_WORDS
                   ? PLIC_ENABLE : PLIC_NONE;
    }
    *ret_context = (offset - CONTEXT_BASE) / CONTEXT_STRIDE;
    offset = (offset - CONTEXT_BASE) % CONTEXT_STRIDE;
    if (*ret_context >= n_contexts || offset > 4) {
        return PLIC_NONE;
    }
    return offset ? PLIC_CLAIM : PLIC_THRESHOLD;
}

static MemTxResult plic_read(void *opaque, hwaddr offset, unsigned size,
                             uint64_t *ret_value, MemTxAttrs attrs)
{
    RiscvPlic *s = opaque;
    unsigned context, index;
    PlicRegister reg = decode(s, offset, &context, &index);

    *ret_value = 0;
    vm_mutex_lock(&s->lock);
    switch (reg) {
    case PLIC_PRIORITY:
        *ret_value = s->priority[index];
        break;
    case PLIC_PENDING:
        *ret_value = s->pending[index];
        break;
    case PLIC_ENABLE:
        *ret_value = s->contexts[context].enable[index];
        break;
    case PLIC_THRESHOLD:
        *ret_value = s->contexts[context].threshold;
        break;
    case PLIC_CLAIM:
        *ret_value = claim(s, context);
        break;
    case PLIC_NONE:
        break;
    }
    vm_mutex_unlock(&s->lock);
    return MEMTX_OK;
}

static MemTxResult plic_write(void *opaque, hwaddr offset, unsigned size,
                              uint64_t value, MemTxAttrs attrs)
{
    RiscvPlic *s = opaque;
    unsigned context, index;
    PlicRegister reg = decode(s, offset, &context, &index);

    vm_mutex_lock(&s->lock);
    switch (reg) {
    case PLIC_PRIORITY:
        s->priority[index] = value & PRIORITY_MAX;
        update(s);
        break;
    case PLIC_ENABLE:
        /* There is no source 0. */
        s->contexts[context].enable[index] = index ? value : value & ~1u;
        update(s);
        break;
    case PLIC_THRESHOLD:
        s->contexts[context].threshold = value & PRIORITY_MAX;
        update(s);
        break;
    case PLIC_CLAIM:
        complete(s, context, value);
        break;
    case PLIC_PENDING: /* read-only */
    case PLIC_NONE:
        break;
    }
    vm_mutex_unlock(&s->lock);
    return MEMTX_OK;
}

static const MemoryRegionOps plic_ops = {
    .read = plic_read,
    .write = plic_write,
    .min_access_size = 4,
    .max_access_size = 4,
    .lockless = true,
};

/* ---- life --------------------------------------------------------------- */

static bool plic_realize(DeviceState *dev, GError **error)
{
    RiscvPlic *s = (RiscvPlic *)dev;

    GLOBAL_STATE_CODE();
    vm_mutex_init(&s->lock, "plic", RANK_PLIC);
    memory_region_init_io(&s->mmio, &plic_ops, s, "riscv.plic",
                          RISCV_PLIC_SIZE);
    device_add_mmio(dev, &s->mmio);
    return true;
}

static void plic_unrealize(DeviceState *dev)
{
    GLOBAL_STATE_CODE();
    vm_mutex_destroy(&((RiscvPlic *)dev)->lock);
}

/* Lines keep their level: the devices behind them reset on their own.  What
 * they asked for before is forgotten. */
static void plic_reset(DeviceState *dev)
{
    RiscvPlic *s = (RiscvPlic *)dev;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&s->lock);
    for (unsigned i = 0; i < N_SOURCES; i++) {
        s->priority[i] = 0;
    }
    for (unsigned w = 0; w < N_WORDS; w++) {
        s->claimed[w] = 0;
        s->pending[w] = 0;
    }
    for (unsigned i = 0; i < MAX_CONTEXTS; i++) {
        s->contexts[i] = (PlicContext){ .threshold = 0 };
    }
    update(s);
    vm_mutex_unlock(&s->lock);
}

static bool plic_post_load(void *opaque, int version, GError **error)
{
    RiscvPlic *s = opaque;
    bool ok = true;

    vm_mutex_lock(&s->lock);
    for (unsigned i = 0; i < N_SOURCES; i++) {
        ok = ok && s->priority[i] <= PRIORITY_MAX;
    }
    ok = ok && !((s->level[0] | s->pending[0] | s->claimed[0]) & 1);
    if (ok) {
        update(s);
    }
    vm_mutex_unlock(&s->lock);
    if (!ok) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "riscv_plic: a priority above %d, or source 0",
                    PRIORITY_MAX);
    }
    return ok;
}

static const VMStateField context_fields[] = {
    VMSTATE_UINT32_ARRAY(enable, PlicContext),
    VMSTATE_UINT32(threshold, PlicContext),
    VMSTATE_END
};

static const VMStateDescription context_vmstate = {
    .name = "riscv_plic_context",
    .version = 1,
    .fields = context_fields,
};

static const VMStateField plic_fields[] = {
    VMSTATE_UINT32_ARRAY(priority, RiscvPlic),
    VMSTATE_UINT32_ARRAY(level, RiscvPlic),
    VMSTATE_UINT32_ARRAY(pending, RiscvPlic),
    VMSTATE_UINT32_ARRAY(claimed, RiscvPlic),
    VMSTATE_STRUCT_ARRAY(contexts, RiscvPlic, context_vmstate, PlicContext),
    VMSTATE_END
};

static const VMStateDescription plic_vmstate = {
    .name = "riscv_plic",
    .version = 1,
    .fields = plic_fields,
    .post_load = plic_post_load,
};

static const DeviceProperty plic_properties[] = {
    { "num-harts", PROPERTY_UINT32, offsetof(RiscvPlic, n_harts), 1, 1,
      VCPU_MAX, NULL, "harts that it interrupts" },
    { NULL }
};

extern const DeviceClass riscv_plic_class;
const DeviceClass riscv_plic_class = {
    .name = "riscv.sifive.plic",
    .help = "platform-level interrupt controller",
    .instance_size = sizeof(RiscvPlic),
    .properties = plic_properties,
    .realize = plic_realize,
    .unrealize = plic_unrealize,
    .reset = plic_reset,
    .vmstate = &plic_vmstate,
};
