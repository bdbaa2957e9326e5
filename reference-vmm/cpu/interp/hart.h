/* SPDX-License-Identifier: MIT */
/*
 * hart.h - the state of one interpreted hart, and what its parts share.
 *
 * The parts, each a file: op.h and ops_*.c (what instructions do), decode*.c
 * (bits to ops), code_cache.c (ops by physical page), mmu.c and tlb.c
 * (addresses), pmp.c, csr.c, trap.c, sbi*.c, request.c (what other threads
 * ask for), interp.c (the loop and the table of operations).
 *
 * Thread context: a hart belongs to its vCPU's thread.  What other threads
 * may touch is marked "atomic"; all of it is in request.c.  While the hart is
 * paused, whoever holds the BQL may read and write it.
 */
#ifndef REFVMM_CPU_INTERP_HART_H
#define REFVMM_CPU_INTERP_HART_H

#include "base/aio.h"
#include "cpu/accel.h"
#include "cpu/interp/fpu.h"
#include "cpu/interp/riscv_bits.h"
#include "memory/ram_block.h"

#define hart_likely(x) __builtin_expect(!!(x), 1)
#define hart_unlikely(x) __builtin_expect(!!(x), 0)

typedef struct Hart Hart;
typedef struct Op Op;
typedef struct CodePage CodePage;

/* More than the 32 of the architecture */
#define HART_X_DUMMY 32 /* where writes to x0 go */
#define HART_X_VBASE 33 /* virtual address of the page that pc is in */
#define HART_X_N 34
#define HART_PMP_N 16

/* ---- software TLB ------------------------------------------------------- */

#define TLB_BITS 9
#define TLB_SIZE (1u << TLB_BITS)
#define TLB_TAG_INVALID UINT64_MAX
#define PAGE_MASK_64 (~(uint64_t)0xfff)

/*
 * Direct mapped by virtual page.  The tag is the page's virtual address; the
 * address of an access is compared with its low bits, which must be zero as
 * far as the access is aligned, so that one comparison checks both.  Host
 * address = virtual address + addend.
 */
typedef struct TlbEntry {
    uint64_t tag;
    uint64_t addend;
} TlbEntry;

/* The kinds of data access that see different permissions. */
typedef enum TlbMode {
    TLB_MODE_USER,
    TLB_MODE_SUPERVISOR,
    TLB_MODE_SUPERVISOR_SUM,
    TLB_MODE_N,
} TlbMode;

/* One set of tables for reads and one for writes. */
typedef struct TlbTables {
    TlbEntry read[TLB_SIZE];
    TlbEntry write[TLB_SIZE];
    bool used;       /* some entry may be valid */
    bool large;      /* some entry comes from a superpage */
} TlbTables;

/* What is cached of one value of satp, so that switches keep it. */
#define TLB_CONTEXTS 4

/* One view of code.  Generations are never used twice: a new one makes all
 * entries of the old one stale at once. */
typedef struct FetchSpace {
    uint32_t fetch_gen; /* of FetchEntry */
    uint32_t jump_gen;  /* of JumpEntry */
    uint32_t code_gen;  /* that jump_gen is good for */
} FetchSpace;

typedef struct TlbContext {
    uint64_t satp;
    uint64_t age;        /* of its last use */
    FetchSpace fetch[2]; /* of U- and S-mode */
    TlbTables data[TLB_MODE_N];
} TlbContext;

/* Where fetches lead: virtual page to page of code. */
#define FETCH_TLB_SIZE 512
typedef struct FetchEntry {
    uint64_t vpage;
    uint32_t gen; /* 0: never valid */
    bool large;
    CodePage *page;
} FetchEntry;

/* Where jumps lead: virtual pc to ops, an offset from the hart.  Valid only
 * when gen is Hart.jump_gen. */
#define JUMP_CACHE_SIZE 4096
typedef struct JumpEntry {
    uint64_t pc;
    uint32_t gen;
    uint32_t ops;
} JumpEntry;

/* A page of guest-physical memory, as the host sees it. */
#define PHYS_CACHE_SIZE 256
typedef struct PhysPage {
    uint64_t page; /* TLB_TAG_INVALID: none */
    uint8_t *host; /* NULL: not (only) RAM */
    RAMBlock *block;
    ram_addr_t offset; /* in block */
    bool readonly;
} PhysPage;

/* A range of RAM, from some page to the end of its section: what pages are
 * made from without asking the memory layer. */
#define PHYS_RANGES 4
typedef struct PhysRange {
    uint64_t first, size; /* size 0: none */
    uint8_t *host;
    RAMBlock *block;
    ram_addr_t offset;
    bool readonly;
} PhysRange;

typedef enum Access {
    ACCESS_READ,
    ACCESS_WRITE,
    ACCESS_FETCH,
} Access;

/* ---- requests of other threads ------------------------------------------ */

enum {
    REQUEST_EXIT = 1,        /* leave run() */
    REQUEST_IRQ = 2,         /* mip changed */
    REQUEST_TLB_FLUSH = 4,   /* memory has changed: forget host pointers */
    REQUEST_TLB_DIRTY = 8,   /* take the ranges of tlb_dirty */
    REQUEST_FENCE_I = 16,
    REQUEST_SFENCE = 32,
    REQUEST_HSM = 64,        /* start_* are set */
    REQUEST_TIMER = 128,     /* look at stimecmp */
    REQUEST_SYNC = 256,      /* somebody waits for the above */
};

typedef enum HsmState { /* values of the SBI */
    HSM_STARTED,
    HSM_STOPPED,
    HSM_START_PENDING,
    HSM_STOP_PENDING,
    HSM_SUSPENDED,
    HSM_START_CLAIMED = 16, /* ours: start_* are being set */
} HsmState;

/* ---- the hart ----------------------------------------------------------- */

struct Hart {
    /* hot: offsets below 128 are cheap */
    uint64_t x[HART_X_N];
    uint64_t instret; /* up to the start of the running block */
    TlbEntry *tlb_read;
    TlbEntry *tlb_write;
    uint32_t requests; /* atomic */
    uint32_t jump_gen;
    uint64_t f[32];
    FpuState fpu;

    /* Results of slow functions: taking the address of a local would keep
     * its function from tail-calling. */
    uint64_t data;
    struct {
        uint64_t cause, tval;
    } exc;

    /* state between blocks */
    uint64_t pc;
    uint8_t priv; /* PRIV_U, PRIV_S, PRIV_M */
    bool wfi;     /* waits for an interrupt */
    uint64_t mstatus;
    uint64_t mip; /* atomic; without what comes from timers */
    uint64_t mie, mideleg, medeleg;
    uint64_t mtvec, stvec, mscratch, sscratch, mepc, sepc;
    uint64_t mcause, scause, mtval, stval;
    uint64_t satp, menvcfg, senvcfg, stimecmp;
    uint32_t mcounteren, scounteren, mcountinhibit;
    uint64_t mcycle_offset, minstret_offset; /* counter - instret */
    uint64_t mcycle_stopped, minstret_stopped; /* while inhibited */
    uint8_t pmpcfg[HART_PMP_N];
    uint64_t pmpaddr[HART_PMP_N];
    bool software_seip; /* mip.SEIP as M-mode wrote it */

    /* LR's: the host word, and what it held (see ops_amo.c) */
    void *reservation;
    uint64_t reserved_value;

    /* identity */
    unsigned hartid;
    bool builtin_sbi;
    AddressSpace *as;
    const VcpuPlatform *platform;
    hwaddr tohost;
    Vcpu *cpu;

    /* translation (tlb.c) */
    TlbContext *context;       /* of satp */
    TlbTables *data_tables;    /* that tlb_read and tlb_write point into */
    uint64_t context_clock;
    uint32_t last_gen;
    FetchSpace machine_fetch;
    FetchSpace *fetch;         /* of the mode that runs */
    uint8_t data_priv;         /* of loads and stores: MPRV */
    uint64_t odd_satp;         /* what odd_tables are good for */
    unsigned odd_mode;
    struct {                   /* an atomic operation that is under way */
        uint64_t va, pa;
        PhysPage *phys;
        unsigned size;
        bool large;
    } atomic;

    /* PMP, as ranges (pmp.c) */
    struct {
        uint64_t first, last;
    } pmp_range[HART_PMP_N];   /* first > last: matches nothing */
    bool pmp_locked;           /* some rule holds for M-mode */

    /* code (code_cache.c) */
    uint32_t code_gen;         /* fence.i so far */
    uint32_t code_epoch;       /* whole flushes so far */
    GHashTable *code_pages;    /* physical page to CodePage* */
    GPtrArray *code_page_list; /* the same, by index; 0: none */
    Op *arena;                 /* behind the hart, in the same mapping */
    uint32_t arena_used;       /* ops */
    uint32_t arena_size;
    Op *single;                /* a block of one instruction */

    /* SBI's hart state management; atomic */
    uint32_t hsm;
    uint64_t start_addr, start_opaque; /* before START_PENDING */

    uint64_t saved_mip;        /* while state travels (hart_state.c) */
    uint8_t saved_hsm;

    /* requests (request.c) */
    VmMutex lock LOCK_RANK(RANK_HART);
    VmCond wake;               /* with lock: requests changed */
    uint32_t in_guest;         /* atomic; may use cached translations */
    uint32_t sleeping;         /* atomic; on wake, or about to */
    uint64_t instret_published; /* atomic */
    /* atomic: see hart_request_sync() */
    uint32_t sync_ticket, sync_done, sync_waiters, sync_word;
    struct {
        const uint8_t *host;
        uint64_t len;
    } tlb_dirty[8] GUARDED_BY(&lock);
    unsigned n_tlb_dirty GUARDED_BY(&lock); /* above 8: everything */
    AioTimer *timer; /* of the main loop; NULL: none runs */

    /* big tables */
    TlbContext contexts[TLB_CONTEXTS];
    TlbTables machine_tables;
    TlbTables odd_tables; /* MPRV, MXR */
    FetchEntry fetch_tlb[FETCH_TLB_SIZE];
    PhysPage phys_cache[PHYS_CACHE_SIZE];
    PhysRange phys_ranges[PHYS_RANGES];
    unsigned next_phys_range;
    JumpEntry jump_cache[JUMP_CACHE_SIZE];
};

/* ---- between the parts; all in the hart's own thread -------------------- */

/* tlb.c: caches of translations. */
void tlb_init(Hart *h) IO_FN;
/* After a change of privilege, mstatus, satp: what runs sees other tables. */
void tlb_update_mode(Hart *h) IO_FN;
void tlb_flush_everything(Hart *h) IO_FN; /* host pointers too */
void tlb_flush_translations(Hart *h) IO_FN;
void tlb_flush_dirty(Hart *h, const uint8_t *host, uint64_t len) IO_FN;
void tlb_sfence(Hart *h, bool has_addr, uint64_t addr, bool has_asid,
                uint64_t asid) IO_FN;
void tlb_new_jump_gen(Hart *h) IO_FN;
PhysPage *tlb_phys_page(Hart *h, uint64_t pa) IO_FN;
void tlb_fill(Hart *h, Access access, uint64_t va, const PhysPage *phys,
              bool large) IO_FN;

/* mmu.c.  False, or NULL: h->exc says why. */
bool mmu_translate(Hart *h, uint64_t va, Access access, uint8_t priv,
                   uint64_t *ret_pa, bool *ret_large) IO_FN;
bool mmu_load(Hart *h, uint64_t va, unsigned size) IO_FN; /* to h->data */
bool mmu_store(Hart *h, uint64_t va, unsigned size, uint64_t value) IO_FN;
/* Host address of an aligned word of RAM for an atomic operation.  After a
 * write, mmu_atomic_done(). */
void *mmu_atomic(Hart *h, uint64_t va, unsigned size, Access access) IO_FN;
void mmu_atomic_done(Hart *h) IO_FN;
/* One or two bytes of code anywhere. */
bool mmu_fetch16(Hart *h, uint64_t va) IO_FN; /* to h->data */

/* pmp.c: whether priv may access all of pa..pa+len-1. */
bool pmp_allows(const Hart *h, uint64_t pa, unsigned len, Access access,
                uint8_t priv) IO_FN;
/* Whether one decision holds for the whole page of pa. */
bool pmp_page_uniform(const Hart *h, uint64_t pa) IO_FN;
void pmp_write_cfg(Hart *h, unsigned index, uint8_t value) IO_FN;
void pmp_write_addr(Hart *h, unsigned index, uint64_t value) IO_FN;
void pmp_update(Hart *h) IO_FN;

/* csr.c.  False: illegal instruction. */
typedef enum CsrEffect {
    CSR_EFFECT_NONE,
    CSR_EFFECT_RESYNC, /* what comes next may be seen differently */
} CsrEffect;
/* What csrrs and csrrc start from, when csr_read() gave old. */
uint64_t csr_rmw_base(const Hart *h, unsigned number, uint64_t old) IO_FN;
bool csr_access_ok(const Hart *h, unsigned number, bool write) IO_FN;
/* The counters need h->instret to be exact. */
bool csr_read(Hart *h, unsigned number, uint64_t *ret) IO_FN;
bool csr_write(Hart *h, unsigned number, uint64_t value,
               CsrEffect *ret_effect) IO_FN;
bool csr_is_counter(unsigned number) IO_FN;
int csr_number(const char *name) IO_FN;      /* -1: unknown */
void csr_reset(Hart *h) IO_FN;

/* trap.c */
void trap_enter(Hart *h, uint64_t cause, uint64_t tval) IO_FN;
void trap_mret(Hart *h) IO_FN;
void trap_sret(Hart *h) IO_FN;
uint64_t trap_mip(Hart *h) IO_FN; /* with the timer's bit */
/* Takes the interrupt that is due, if any. */
bool trap_take_interrupt(Hart *h) IO_FN;
/* Whether wfi ends: enabled or not in mstatus. */
bool trap_interrupt_pending(Hart *h) IO_FN;
void hart_set_priv(Hart *h, uint8_t priv) IO_FN;
/* After stimecmp changed. */
void trap_timer_update(Hart *h) IO_FN;
bool hart_stimer_enabled(const Hart *h) IO_FN;
/* Monotonic time at which STIP will rise; INT64_MAX: never. */
int64_t trap_timer_deadline(Hart *h) IO_FN;
void hart_reset(Hart *h) IO_FN;

/* htif.c: the word at h->tohost was written. */
void htif_written(Hart *h) IO_FN;

/* sbi.c: ecall from S-mode; false: there is none. */
bool sbi_call(Hart *h) IO_FN;

/* request.c */
void hart_request(Hart *h, uint32_t bits) IO_FN;      /* any thread */
/* Any thread; returns when h has done it, or will before it goes on. */
void hart_request_sync(Hart *h, uint32_t bits) IO_FN;
void hart_enter_guest(Hart *h) IO_FN;
void hart_leave_guest(Hart *h) IO_FN;
/* All but EXIT, which stays.  At a safe point. */
void hart_serve_requests(Hart *h) IO_FN;
/* For all harts at once, from any thread. */
void hart_request_all_sync(uint32_t bits) IO_FN;
void hart_request_many_sync(Hart *const *harts, unsigned n, uint32_t bits)
    IO_FN;
void hart_reset_dirty_all(const uint8_t *host, uint64_t len) IO_FN;
/* Until a request comes, or deadline_ns passes. */
void hart_sleep(Hart *h, int64_t deadline_ns) EXCLUDES(bql) IO_FN;

/* interp.c: all harts, by number; fixed once they run. */
extern Hart *interp_harts[VCPU_MAX];

/* hart_state.c */
extern const VMStateDescription hart_vmstate;
bool hart_get_register(void *state, const char *name, uint64_t *ret) IO_FN;
bool hart_set_register(void *state, const char *name, uint64_t value) IO_FN;
char *hart_dump(void *state) IO_FN;

#endif
