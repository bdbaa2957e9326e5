/* SPDX-License-Identifier: MIT */
/*
 * csr.c - control and status registers: who may, what is read, what becomes
 * of a write (privileged specification, chapters 2, 3.1, 12.1; WARL fields
 * are made legal here).  Their names are in csr_names.c.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op.h"
#include "cpu/interp/csr_numbers.h"

#define COUNTER_BITS 7 /* cycle, time, instret */
#define MIDELEG_MASK MIP_S_BITS
#define MEDELEG_MASK UINT64_C(0xb3ff) /* all but ecall from M-mode */
#define MIE_MASK (MIP_S_BITS | MIP_M_BITS)

/* ---- who may ------------------------------------------------------------ */

static bool counter_visible(const Hart *h, unsigned bit)
{
    if (h->priv < PRIV_M && !(h->mcounteren >> bit & 1)) {
        return false;
    }
    return h->priv > PRIV_U || (h->scounteren >> bit & 1);
}

static bool stimecmp_visible(const Hart *h)
{
    return h->priv == PRIV_M
           || (hart_stimer_enabled(h) && (h->mcounteren & 2));
}

bool csr_access_ok(const Hart *h, unsigned number, bool write)
{
    if ((number >> 8 & 3) > h->priv || (write && number >> 10 == 3)) {
        return false;
    }
    if (number <= CSR_FCSR) {
        return h->mstatus & MSTATUS_FS;
    }
    if (number >= CSR_CYCLE && number <= CSR_HPMCOUNTER31) {
        return counter_visible(h, number & 31);
    }
    switch (number) {
    case CSR_SATP:
        return h->priv != PRIV_S || !(h->mstatus & MSTATUS_TVM);
    case CSR_STIMECMP: return stimecmp_visible(h);
    default: return true;
    }
}

bool csr_is_counter(unsigned number)
{
    switch (number) {
    case CSR_CYCLE:
    case CSR_INSTRET:
    case CSR_MCYCLE:
    case CSR_MINSTRET:
    case CSR_MCOUNTINHIBIT: return true;
    default: return false;
    }
}

/* ---- counters ----------------------------------------------------------- */

/* One instruction a cycle: both count what has retired.  An inhibited one
 * stands still. */
static uint64_t read_counter(const Hart *h, unsigned bit)
{
    bool stopped = h->mcountinhibit >> bit & 1;

    if (bit == 0) {
        return stopped ? h->mcycle_stopped : h->instret + h->mcycle_offset;
    }
    return stopped ? h->minstret_stopped : h->instret + h->minstret_offset;
}

/* What the next instruction reads is the value written: it does not count
 * this one. */
static void write_counter(Hart *h, unsigned bit, uint64_t value)
{
    if (bit == 0) {
        h->mcycle_stopped = value;
        h->mcycle_offset = value - (h->instret + 1);
    } else {
        h->minstret_stopped = value;
        h->minstret_offset = value - (h->instret + 1);
    }
}

static void write_mcountinhibit(Hart *h, uint64_t value)
{
    uint64_t cycle = read_counter(h, 0), instret = read_counter(h, 2);

    h->mcountinhibit = value & 5;
    write_counter(h, 0, cycle);
    write_counter(h, 2, instret);
}

/* ---- reading ------------------------------------------------------------ */

static uint64_t read_mstatus(const Hart *h)
{
    bool dirty = (h->mstatus & MSTATUS_FS) == MSTATUS_FS;

    return h->mstatus | MSTATUS_UXL_64 | MSTATUS_SXL_64
           | (dirty ? MSTATUS_SD : 0);
}

static uint64_t read_pmpcfg(const Hart *h, unsigned first)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++) {
        value |= (uint64_t)h->pmpcfg[first + i] << (8 * i);
    }
    return value;
}

static bool read_machine(Hart *h, unsigned number, uint64_t *ret)
{
    switch (number) {
    case CSR_MVENDORID:
    case CSR_MARCHID:
    case CSR_MIMPID:
    case CSR_MCONFIGPTR: *ret = 0; break;
    case CSR_MHARTID: *ret = h->hartid; break;
    case CSR_MSTATUS: *ret = read_mstatus(h); break;
    case CSR_MISA: *ret = MISA_VALUE; break;
    case CSR_MEDELEG: *ret = h->medeleg; break;
    case CSR_MIDELEG: *ret = h->mideleg; break;
    case CSR_MIE: *ret = h->mie; break;
    case CSR_MTVEC: *ret = h->mtvec; break;
    case CSR_MCOUNTEREN: *ret = h->mcounteren; break;
    case CSR_MENVCFG: *ret = h->menvcfg; break;
    case CSR_MCOUNTINHIBIT: *ret = h->mcountinhibit; break;
    case CSR_MSCRATCH: *ret = h->mscratch; break;
    case CSR_MEPC: *ret = h->mepc; break;
    case CSR_MCAUSE: *ret = h->mcause; break;
    case CSR_MTVAL: *ret = h->mtval; break;
    case CSR_MIP: *ret = trap_mip(h); break;
    case CSR_PMPCFG0: *ret = read_pmpcfg(h, 0); break;
    case CSR_PMPCFG2: *ret = read_pmpcfg(h, 8); break;
    case CSR_MCYCLE: *ret = read_counter(h, 0); break;
    case CSR_MINSTRET: *ret = read_counter(h, 2); break;
    case CSR_TSELECT:
    case CSR_TDATA1:
    case CSR_TDATA2:
    case CSR_TDATA3: *ret = 0; break; /* no triggers */
    case CSR_TINFO: *ret = 1; break;
    default:
        if (number >= CSR_PMPADDR0 && number < CSR_PMPADDR0 + HART_PMP_N) {
            *ret = h->pmpaddr[number - CSR_PMPADDR0];
        } else if ((number >= CSR_MHPMCOUNTER3
                    && number <= CSR_MHPMCOUNTER31)
                   || (number >= CSR_MHPMEVENT3
                       && number <= CSR_MHPMEVENT31)) {
            *ret = 0;
        } else {
            return false;
        }
    }
    return true;
}

bool csr_read(Hart *h, unsigned number, uint64_t *ret)
{
    switch (number) {
    case CSR_FFLAGS: *ret = h->fpu.fflags; break;
    case CSR_FRM: *ret = h->fpu.frm; break;
    case CSR_FCSR: *ret = h->fpu.fflags | (uint64_t)h->fpu.frm << 5; break;
    case CSR_CYCLE: *ret = read_counter(h, 0); break;
    case CSR_TIME:
        *ret = h->platform->read_time(h->platform->opaque);
        break;
    case CSR_INSTRET: *ret = read_counter(h, 2); break;
    case CSR_SSTATUS: *ret = read_mstatus(h) & SSTATUS_READABLE; break;
    case CSR_SIE: *ret = h->mie & h->mideleg; break;
    case CSR_STVEC: *ret = h->stvec; break;
    case CSR_SCOUNTEREN: *ret = h->scounteren; break;
    case CSR_SENVCFG: *ret = h->senvcfg; break;
    case CSR_SSCRATCH: *ret = h->sscratch; break;
    case CSR_SEPC: *ret = h->sepc; break;
    case CSR_SCAUSE: *ret = h->scause; break;
    case CSR_STVAL: *ret = h->stval; break;
    case CSR_SIP: *ret = trap_mip(h) & h->mideleg; break;
    case CSR_STIMECMP: *ret = h->stimecmp; break;
    case CSR_SATP: *ret = h->satp; break;
    default:
        if (number >= CSR_HPMCOUNTER3 && number <= CSR_HPMCOUNTER31) {
            *ret = 0;
            break;
        }
        return read_machine(h, number, ret);
    }
    return true;
}

/* The PLIC's SEIP is seen in mip, but is not read-modify-written. */
uint64_t csr_rmw_base(const Hart *h, unsigned number, uint64_t old)
{
    uint64_t seip = MIP_BIT(RISCV_IRQ_SEIP);

    if (number != CSR_MIP) {
        return old;
    }
    return (old & ~seip) | (h->software_seip ? seip : 0);
}

/* ---- writing ------------------------------------------------------------ */

static void write_mstatus(Hart *h, uint64_t value, uint64_t mask)
{
    if ((value & MSTATUS_MPP) == UINT64_C(2) << MSTATUS_MPP_SHIFT) {
        mask &= ~MSTATUS_MPP; /* there is no such mode */
    }
    h->mstatus = (h->mstatus & ~mask) | (value & mask);
    tlb_update_mode(h);
}

/* Devices own all but these; a timer of Sstc owns STIP. */
static void write_mip(Hart *h, uint64_t value, uint64_t mask)
{
    if (hart_stimer_enabled(h)) {
        mask &= ~MIP_BIT(RISCV_IRQ_STIP);
    }
    if (mask & MIP_BIT(RISCV_IRQ_SEIP)) {
        h->software_seip = value & MIP_BIT(RISCV_IRQ_SEIP);
        mask &= ~MIP_BIT(RISCV_IRQ_SEIP);
    }
    __atomic_fetch_or(&h->mip, value & mask, __ATOMIC_SEQ_CST);
    __atomic_fetch_and(&h->mip, value | ~mask, __ATOMIC_SEQ_CST);
}

static void write_tvec(uint64_t *tvec, uint64_t value)
{
    if ((value & 3) < 2) {
        *tvec = value;
    }
}

static void write_satp(Hart *h, uint64_t value)
{
    uint64_t mode = value >> 60;

    if (mode == 0 || mode == 8) {
        h->satp = value;
        tlb_update_mode(h);
    }
}

static void write_menvcfg(Hart *h, uint64_t value)
{
    uint64_t mask = MENVCFG_FIOM | MENVCFG_ADUE | MENVCFG_STCE;

    h->menvcfg = value & mask;
    trap_timer_update(h);
    tlb_flush_translations(h);
}

static void write_pmpcfg(Hart *h, unsigned first, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        pmp_write_cfg(h, first + i, (uint8_t)(value >> (8 * i)));
    }
    pmp_update(h);
    tlb_flush_translations(h);
}

static bool write_pmpaddr(Hart *h, unsigned number, uint64_t value)
{
    if (number < CSR_PMPADDR0 || number >= CSR_PMPADDR0 + HART_PMP_N) {
        return false;
    }
    pmp_write_addr(h, number - CSR_PMPADDR0, value);
    pmp_update(h);
    tlb_flush_translations(h);
    return true;
}

static bool write_machine(Hart *h, unsigned number, uint64_t value)
{
    switch (number) {
    case CSR_MSTATUS: write_mstatus(h, value, MSTATUS_WRITABLE); break;
    case CSR_MEDELEG: h->medeleg = value & MEDELEG_MASK; break;
    case CSR_MIDELEG: h->mideleg = value & MIDELEG_MASK; break;
    case CSR_MIE: h->mie = value & MIE_MASK; break;
    case CSR_MTVEC: write_tvec(&h->mtvec, value); break;
    case CSR_MCOUNTEREN: h->mcounteren = (uint32_t)value; break;
    case CSR_MENVCFG: write_menvcfg(h, value); break;
    case CSR_MCOUNTINHIBIT: write_mcountinhibit(h, value); break;
    case CSR_MSCRATCH: h->mscratch = value; break;
    case CSR_MEPC: h->mepc = value & ~(uint64_t)1; break;
    case CSR_MCAUSE: h->mcause = value; break;
    case CSR_MTVAL: h->mtval = value; break;
    case CSR_MIP: write_mip(h, value, MIP_S_BITS); break;
    case CSR_PMPCFG0: write_pmpcfg(h, 0, value); break;
    case CSR_PMPCFG2: write_pmpcfg(h, 8, value); break;
    case CSR_MCYCLE: write_counter(h, 0, value); break;
    case CSR_MINSTRET: write_counter(h, 2, value); break;
    case CSR_MISA:
    case CSR_TSELECT:
    case CSR_TDATA1:
    case CSR_TDATA2:
    case CSR_TDATA3: break; /* fixed */
    default:
        return (number >= CSR_MHPMCOUNTER3 && number <= CSR_MHPMCOUNTER31)
               || (number >= CSR_MHPMEVENT3 && number <= CSR_MHPMEVENT31)
               || write_pmpaddr(h, number, value);
    }
    return true;
}

static void write_stimecmp(Hart *h, uint64_t value)
{
    h->stimecmp = value;
    trap_timer_update(h);
}

static bool write_supervisor(Hart *h, unsigned number, uint64_t value)
{
    switch (number) {
    case CSR_SSTATUS: write_mstatus(h, value, SSTATUS_WRITABLE); break;
    case CSR_SIE:
        h->mie = (h->mie & ~h->mideleg) | (value & h->mideleg);
        break;
    case CSR_STVEC: write_tvec(&h->stvec, value); break;
    case CSR_SCOUNTEREN: h->scounteren = (uint32_t)value; break;
    case CSR_SENVCFG: h->senvcfg = value & MENVCFG_FIOM; break;
    case CSR_SSCRATCH: h->sscratch = value; break;
    case CSR_SEPC: h->sepc = value & ~(uint64_t)1; break;
    case CSR_SCAUSE: h->scause = value; break;
    case CSR_STVAL: h->stval = value; break;
    case CSR_SIP:
        write_mip(h, value, h->mideleg & MIP_BIT(RISCV_IRQ_SSIP));
        break;
    case CSR_STIMECMP: write_stimecmp(h, value); break;
    case CSR_SATP: write_satp(h, value); break;
    default: return write_machine(h, number, value);
    }
    return true;
}

static void write_fp(Hart *h, unsigned number, uint64_t value)
{
    switch (number) {
    case CSR_FFLAGS: h->fpu.fflags = value & 31; break;
    case CSR_FRM: h->fpu.frm = value & 7; break;
    default:
        h->fpu.fflags = value & 31;
        h->fpu.frm = value >> 5 & 7;
    }
    h->mstatus |= MSTATUS_FS;
}

/* Nothing that runs or is decoded depends on these. */
static bool is_inert(unsigned number)
{
    switch (number) {
    case CSR_FFLAGS:
    case CSR_FRM:
    case CSR_FCSR:
    case CSR_SSCRATCH:
    case CSR_SEPC:
    case CSR_SCAUSE:
    case CSR_STVAL:
    case CSR_STVEC:
    case CSR_MSCRATCH:
    case CSR_MEPC:
    case CSR_MCAUSE:
    case CSR_MTVAL:
    case CSR_MTVEC: return true;
    default: return false;
    }
}

bool csr_write(Hart *h, unsigned number, uint64_t value,
               CsrEffect *ret_effect)
{
    *ret_effect = is_inert(number) ? CSR_EFFECT_NONE : CSR_EFFECT_RESYNC;
    if (number <= CSR_FCSR) {
        write_fp(h, number, value);
        return true;
    }
    return write_supervisor(h, number, value);
}

void csr_reset(Hart *h)
{
    h->mstatus = 0;
    h->mie = h->mideleg = h->medeleg = 0;
    h->mtvec = h->stvec = h->mscratch = h->sscratch = h->mepc = h->sepc = 0;
    h->mcause = h->scause = h->mtval = h->stval = 0;
    h->satp = 0;
    h->menvcfg = MENVCFG_ADUE;
    h->senvcfg = 0;
    h->stimecmp = UINT64_MAX;
    h->mcounteren = h->scounteren = h->mcountinhibit = 0;
    h->mcycle_offset = h->minstret_offset = -h->instret;
    h->software_seip = false;
    h->fpu = (FpuState){ 0 };
    memset(h->pmpcfg, 0, sizeof(h->pmpcfg));
    memset(h->pmpaddr, 0, sizeof(h->pmpaddr));
    __atomic_fetch_and(&h->mip,
                       ~(MIP_BIT(RISCV_IRQ_SSIP) | MIP_BIT(RISCV_IRQ_STIP)),
                       __ATOMIC_SEQ_CST);
    if (h->builtin_sbi) {
        /* What firmware would have set up. */
        h->medeleg = MEDELEG_MASK & ~(UINT64_C(1) << CAUSE_ECALL_S);
        h->mideleg = MIDELEG_MASK;
        h->menvcfg |= MENVCFG_STCE;
        h->mcounteren = h->scounteren = COUNTER_BITS;
        h->pmpcfg[0] = PMP_A_NAPOT | PMP_X | PMP_W | PMP_R;
        h->pmpaddr[0] = (UINT64_C(1) << 54) - 1;
    }
    pmp_update(h);
}
