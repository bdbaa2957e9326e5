/* SPDX-License-Identifier: MIT */
/*
 * hart_state.c - a hart's state from outside: as vmstate, by register name,
 * as text.
 *
 * Thread context: under the BQL, with the hart paused.
 */
#include "cpu/interp/op.h"
#include "cpu/interp/csr_numbers.h"
#include "base/error.h"
#include <inttypes.h>

/* ---- vmstate ------------------------------------------------------------ */

static bool pre_save(void *opaque, GError **error)
{
    Hart *h = opaque;

    h->saved_mip = __atomic_load_n(&h->mip, __ATOMIC_SEQ_CST);
    h->saved_hsm = (uint8_t)__atomic_load_n(&h->hsm, __ATOMIC_SEQ_CST);
    return true;
}

static bool is_legal(const Hart *h)
{
    uint64_t mode = h->satp >> 60;

    return (h->priv == PRIV_U || h->priv == PRIV_S || h->priv == PRIV_M)
           && (mode == 0 || mode == 8)
           && (h->mstatus & MSTATUS_MPP) != UINT64_C(2) << MSTATUS_MPP_SHIFT
           && h->fpu.frm < 8 && h->fpu.fflags < 32 && !(h->pc & 1)
           && h->x[0] == 0 && h->saved_hsm <= HSM_SUSPENDED;
}

static bool post_load(void *opaque, int version, GError **error)
{
    Hart *h = opaque;

    if (!is_legal(h)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "hart %u: a register has a value that none can have",
                    h->hartid);
        return false;
    }
    __atomic_store_n(&h->mip, h->saved_mip, __ATOMIC_SEQ_CST);
    __atomic_store_n(&h->hsm, h->saved_hsm, __ATOMIC_SEQ_CST);
    h->reservation = NULL;
    pmp_update(h);
    tlb_flush_everything(h);
    tlb_update_mode(h);
    code_flush(h);
    trap_timer_update(h);
    return true;
}

static const VMStateField hart_fields[] = {
    VMSTATE_UINT64_ARRAY(x, Hart),
    VMSTATE_UINT64_ARRAY(f, Hart),
    VMSTATE_UINT8(fpu.fflags, Hart),
    VMSTATE_UINT8(fpu.frm, Hart),
    VMSTATE_UINT64(pc, Hart),
    VMSTATE_UINT64(instret, Hart),
    VMSTATE_UINT8(priv, Hart),
    VMSTATE_BOOL(wfi, Hart),
    VMSTATE_UINT64(mstatus, Hart),
    VMSTATE_UINT64(saved_mip, Hart),
    VMSTATE_BOOL(software_seip, Hart),
    VMSTATE_UINT64(mie, Hart),
    VMSTATE_UINT64(mideleg, Hart),
    VMSTATE_UINT64(medeleg, Hart),
    VMSTATE_UINT64(mtvec, Hart),
    VMSTATE_UINT64(stvec, Hart),
    VMSTATE_UINT64(mscratch, Hart),
    VMSTATE_UINT64(sscratch, Hart),
    VMSTATE_UINT64(mepc, Hart),
    VMSTATE_UINT64(sepc, Hart),
    VMSTATE_UINT64(mcause, Hart),
    VMSTATE_UINT64(scause, Hart),
    VMSTATE_UINT64(mtval, Hart),
    VMSTATE_UINT64(stval, Hart),
    VMSTATE_UINT64(satp, Hart),
    VMSTATE_UINT64(menvcfg, Hart),
    VMSTATE_UINT64(senvcfg, Hart),
    VMSTATE_UINT64(stimecmp, Hart),
    VMSTATE_UINT32(mcounteren, Hart),
    VMSTATE_UINT32(scounteren, Hart),
    VMSTATE_UINT32(mcountinhibit, Hart),
    VMSTATE_UINT64(mcycle_offset, Hart),
    VMSTATE_UINT64(minstret_offset, Hart),
    VMSTATE_UINT64(mcycle_stopped, Hart),
    VMSTATE_UINT64(minstret_stopped, Hart),
    VMSTATE_UINT8_ARRAY(pmpcfg, Hart),
    VMSTATE_UINT64_ARRAY(pmpaddr, Hart),
    VMSTATE_UINT8(saved_hsm, Hart),
    VMSTATE_UINT64(start_addr, Hart),
    VMSTATE_UINT64(start_opaque, Hart),
    VMSTATE_END
};

const VMStateDescription hart_vmstate = {
    .name = "hart",
    .version = 1,
    .fields = hart_fields,
    .pre_save = pre_save,
    .post_load = post_load,
};

/* ---- registers by name -------------------------------------------------- */

static const char *const abi_names[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",
    "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6",
    "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

/* "x7" is 7 for prefix 'x'; -1: something else. */
static int numbered(const char *name, char prefix)
{
    char *end;
    guint64 n;

    if (name[0] != prefix || !g_ascii_isdigit(name[1])) {
        return -1;
    }
    n = g_ascii_strtoull(name + 1, &end, 10);
    return *end || n > 31 ? -1 : (int)n;
}

/* NULL: no such integer or floating-point register. */
static uint64_t *find_register(Hart *h, const char *name)
{
    int n = numbered(name, 'x');

    if (n >= 0) {
        return &h->x[n];
    }
    n = numbered(name, 'f');
    if (n >= 0) {
        return &h->f[n];
    }
    for (n = 0; n < 32; n++) {
        if (!strcmp(name, abi_names[n])) {
            return &h->x[n];
        }
    }
    if (!strcmp(name, "fp")) {
        return &h->x[8];
    }
    return strcmp(name, "pc") ? NULL : &h->pc;
}

bool hart_get_register(void *state, const char *name, uint64_t *ret)
{
    Hart *h = state;
    const uint64_t *reg = find_register(h, name);
    int number = reg ? -1 : csr_number(name);

    if (!strcmp(name, "priv")) {
        *ret = h->priv;
        return true;
    }
    if (reg) {
        *ret = *reg;
        return true;
    }
    return number >= 0 && csr_read(h, (unsigned)number, ret);
}

bool hart_set_register(void *state, const char *name, uint64_t value)
{
    Hart *h = state;
    uint64_t *reg = find_register(h, name);
    int number = reg ? -1 : csr_number(name);
    CsrEffect effect;

    if (!strcmp(name, "priv")) {
        if (value != PRIV_U && value != PRIV_S && value != PRIV_M) {
            return false;
        }
        hart_set_priv(h, (uint8_t)value);
        return true;
    }
    if (reg == &h->x[0]) {
        return value == 0;
    }
    if (reg) {
        *reg = reg == &h->pc ? value & ~(uint64_t)1 : value;
        return true;
    }
    return number >= 0 && number >> 10 != 3
           && csr_write(h, (unsigned)number, value, &effect);
}

/* ---- text --------------------------------------------------------------- */

static const char *const dumped_csrs[] = {
    "mhartid", "mstatus", "mip", "mie", "mideleg", "medeleg", "mtvec",
    "stvec", "mepc", "sepc", "mcause", "scause", "mtval", "stval",
    "mscratch", "sscratch", "satp",
};

char *hart_dump(void *state)
{
    Hart *h = state;
    GString *s = g_string_new(NULL);
    uint64_t value;

    g_string_append_printf(s, " pc       %016" PRIx64 "\n", h->pc);
    g_string_append_printf(s, " priv     %u\n", h->priv);
    for (unsigned i = 0; i < G_N_ELEMENTS(dumped_csrs); i++) {
        if (hart_get_register(h, dumped_csrs[i], &value)) {
            g_string_append_printf(s, " %-8s %016" PRIx64 "\n",
                                   dumped_csrs[i], value);
        }
    }
    for (unsigned i = 0; i < 32; i++) {
        g_autofree char *name = g_strdup_printf("x%u/%s", i, abi_names[i]);

        g_string_append_printf(s, " %-8s %016" PRIx64 "%s", name, h->x[i],
                               i % 4 == 3 ? "\n" : "");
    }
    for (unsigned i = 0; i < 32; i++) {
        g_autofree char *name = g_strdup_printf("f%u", i);

        g_string_append_printf(s, " %-8s %016" PRIx64 "%s", name, h->f[i],
                               i % 4 == 3 ? "\n" : "");
    }
    return g_string_free(s, FALSE);
}
