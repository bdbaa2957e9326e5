/* SPDX-License-Identifier: MIT */
/*
 * code_cache.c - decoded code, by guest-physical page.
 *
 * A page of code keeps a copy of what it was decoded from.  fence.i makes all
 * pages suspect at once, by a number; the first fetch from a page after that
 * compares the copy with memory and, mostly, finds it the same.  Without
 * fence.i stale code may run, as the architecture allows.
 *
 * All blocks of a page go together, and only in hart_next(), where no op is
 * running; so blocks of one page may point at each other.  Their ops stay in
 * the arena until everything goes.
 *
 * Thread context: the hart's own thread.  Guest memory is read word by word,
 * atomically, because others may write it.
 */
#include "cpu/interp/op.h"
#include "base/error.h"
#include <sys/mman.h>

#define SINGLE_OPS 16

static size_t mapping_size(void)
{
    return ((sizeof(Hart) + 4095) & ~(size_t)4095)
           + (size_t)ARENA_OPS * sizeof(Op);
}

/* A hart and its arena are one mapping, so that 32 bits lead from the one
 * into the other. */
Hart *hart_alloc(GError **error)
{
    Hart *h = mmap(NULL, mapping_size(), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (h == MAP_FAILED) {
        vm_set_errno(error, "cannot map memory for a hart");
        return NULL;
    }
    h->arena = (Op *)((char *)h + mapping_size()
                      - (size_t)ARENA_OPS * sizeof(Op));
    h->arena_size = ARENA_OPS;
    h->arena_used = SINGLE_OPS;
    h->single = h->arena;
    h->code_page_list = g_ptr_array_new();
    g_ptr_array_add(h->code_page_list, NULL); /* of the single block */
    h->code_pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                          g_free);
    return h;
}

void hart_free(Hart *h)
{
    if (h) {
        g_hash_table_destroy(h->code_pages);
        g_ptr_array_free(h->code_page_list, TRUE);
        munmap(h, mapping_size());
    }
}

void code_flush(Hart *h)
{
    g_hash_table_remove_all(h->code_pages);
    g_ptr_array_set_size(h->code_page_list, 1);
    h->arena_used = SINGLE_OPS;
    h->code_epoch++;
    memset(h->fetch_tlb, 0, sizeof(h->fetch_tlb));
    code_fence_i(h);
}

void code_fence_i(Hart *h)
{
    h->code_gen++;
    tlb_new_jump_gen(h);
}

/* ---- pages -------------------------------------------------------------- */

#define LINE 64

static inline uint64_t source_word(const CodePage *page, unsigned off)
{
    return __atomic_load_n((const uint64_t *)(const void *)(page->host + off),
                           __ATOMIC_RELAXED);
}

static void copy_line(CodePage *page, unsigned line)
{
    for (unsigned off = line * LINE; off < (line + 1) * LINE; off += 8) {
        uint64_t word = source_word(page, off);

        memcpy(page->source + off, &word, 8);
    }
    page->lines |= UINT64_C(1) << line;
}

static bool line_is_same(const CodePage *page, unsigned line)
{
    uint64_t difference = 0;

    for (unsigned off = line * LINE; off < (line + 1) * LINE; off += 8) {
        uint64_t word;

        memcpy(&word, page->source + off, 8);
        difference |= word ^ source_word(page, off);
    }
    return !difference;
}

/* Whether what was decoded is still what is in memory. */
static bool page_is_same(const CodePage *page)
{
    for (uint64_t lines = page->lines; lines; lines &= lines - 1) {
        if (!line_is_same(page, (unsigned)__builtin_ctzll(lines))) {
            return false;
        }
    }
    return true;
}

uint32_t code_source(CodePage *page, unsigned off)
{
    uint16_t low, high = 0;

    if (!(page->lines >> (off / LINE) & 1)) {
        copy_line(page, off / LINE);
    }
    memcpy(&low, page->source + off, 2);
    if ((low & 3) == 3 && off + 2 < sizeof(page->source)) {
        if (!(page->lines >> ((off + 2) / LINE) & 1)) {
            copy_line(page, (off + 2) / LINE);
        }
        memcpy(&high, page->source + off + 2, 2);
    }
    return low | (uint32_t)high << 16;
}

/* The page at pa, as memory is now; NULL: there is no RAM, or not enough. */
static CodePage *get_page(Hart *h, uint64_t pa)
{
    CodePage *page = g_hash_table_lookup(h->code_pages, &pa);
    const PhysPage *phys;

    if (page && page->code_gen == h->code_gen) {
        return page;
    }
    phys = tlb_phys_page(h, pa);
    if (!phys->host) {
        return NULL;
    }
    if (!page) {
        if (g_hash_table_size(h->code_pages) >= CODE_PAGES_MAX) {
            code_flush(h);
        }
        page = g_new0(CodePage, 1);
        page->pa = pa;
        page->index = h->code_page_list->len;
        g_ptr_array_add(h->code_page_list, page);
        g_hash_table_insert(h->code_pages, &page->pa, page);
    }
    page->host = phys->host;
    page->code_gen = h->code_gen;
    if (!page_is_same(page)) {
        page->lines = 0;
        memset(page->blocks, 0, sizeof(page->blocks));
    }
    return page;
}

/* ---- blocks ------------------------------------------------------------- */

static void finish_block(Decoder *d, Op *first)
{
    Op *end = decode_emit(d, KIND_block_end);
    Block *block = (Block *)(first - 1);

    block->n_ops = (uint32_t)(end - first);
    end->imm = (int32_t)block->n_ops;
}

/* Ops for the instructions from off on. */
static const Op *make_block(Hart *h, CodePage *page, unsigned off)
{
    Op *first = h->arena + h->arena_used + 1;
    Block *block = (Block *)(first - 1);
    Decoder d = { .start = first, .op = first, .off = off };

    block->page = page->index;
    block->off = (uint16_t)off;
    while (!d.end && d.count < BLOCK_MAX_INSNS && d.off < 4096) {
        uint32_t raw = code_source(page, d.off);
        Op *before = d.op;

        if (d.off == 4094 && (raw & 3) == 3) {
            /* It goes on in another page. */
            decode_emit(&d, KIND_single)->count = (uint8_t)d.count;
            d.end = true;
            break;
        }
        d.count++;
        decode_insn(&d, raw);
        decode_fuse(&d, before);
        d.off += d.size;
    }
    if (!d.end) {
        decode_goto(&d, d.off);
    }
    finish_block(&d, first);
    h->arena_used = (uint32_t)(d.op - h->arena);
    page->blocks[off / 2] = (uint32_t)(first - h->arena);
    return first;
}

const Op *code_block(Hart *h, CodePage *page, unsigned off)
{
    uint32_t at = page->blocks[off / 2];

    return at ? h->arena + at : make_block(h, page, off);
}

const Block *op_find_block(const Op *op)
{
    while (op->kind != KIND_block_end) {
        op++;
    }
    return op_block(op - op->imm);
}

static CodePage *block_page(const Hart *h, const Block *block)
{
    return g_ptr_array_index(h->code_page_list, block->page);
}

const Op *code_link(Hart *h, const Op *op)
{
    static const Op resume = { .kind = KIND_resume };
    CodePage *page = block_page(h, op_find_block(op));
    unsigned off = (unsigned)op->imm;
    uint32_t at = page->blocks[off / 2];
    const Op *target = h->arena + at;
    Op *linked = (Op *)op;

    if (!at) {
        if (h->arena_used + BLOCK_MAX_OPS > h->arena_size) {
            /* Everything must go, which hart_next() does. */
            h->pc = h->x[HART_X_VBASE] + off;
            return &resume;
        }
        target = make_block(h, page, off);
    }
    linked->imm = (int32_t)(target - op);
    if (op->kind == KIND_jal_new) {
        linked->kind = KIND_jal;
    } else {
        linked->rd = BRANCH_LINKED;
    }
    return target;
}

/* ---- instructions one by one -------------------------------------------- */

/*
 * Where code cannot be cached by page: an instruction across two pages, a
 * device, a page that the PMP divides.  A block of one instruction, made anew
 * each time.
 */
static const Op *single_block(Hart *h)
{
    Op *first = h->single + 1;
    Block *block = (Block *)h->single;
    Decoder d = { .start = first, .op = first, .off = h->pc & 0xfff, .count = 1,
                  .single = true };
    uint32_t raw;

    if (!mmu_fetch16(h, h->pc)) {
        return NULL;
    }
    raw = (uint32_t)h->data;
    if ((raw & 3) == 3) {
        if (!mmu_fetch16(h, h->pc + 2)) {
            return NULL;
        }
        raw |= (uint32_t)h->data << 16;
    }
    block->page = 0;
    block->off = (uint16_t)d.off;
    decode_insn(&d, raw);
    if (!d.end) {
        decode_goto(&d, d.off + d.size);
    }
    finish_block(&d, first);
    h->x[HART_X_VBASE] = h->pc & PAGE_MASK_64;
    return first;
}

/* ---- finding the way ---------------------------------------------------- */

/* The page of code that h->pc is in.  NULL: an exception (ret_single is
 * false), or code that must be fetched piece by piece. */
static CodePage *fetch_page(Hart *h, bool *ret_single)
{
    uint64_t vpage = h->pc & PAGE_MASK_64, pa;
    FetchEntry *e = &h->fetch_tlb[h->pc >> TARGET_PAGE_BITS
                                  & (FETCH_TLB_SIZE - 1)];
    CodePage *page;
    bool large = false;

    *ret_single = false;
    if (e->vpage == vpage && e->gen == h->fetch->fetch_gen
        && e->page->code_gen == h->code_gen) {
        return e->page;
    }
    if (!mmu_translate(h, h->pc, ACCESS_FETCH, h->priv, &pa, &large)) {
        return NULL;
    }
    pa &= PAGE_MASK_64;
    if (!pmp_page_uniform(h, pa)) {
        *ret_single = true;
        return NULL;
    }
    page = get_page(h, pa);
    if (!page) {
        *ret_single = true;
        return NULL;
    }
    *e = (FetchEntry){ vpage, h->fetch->fetch_gen, large, page };
    return page;
}

/* NULL: h->exc. */
static const Op *find_block(Hart *h)
{
    JumpEntry *e = jump_entry(h, h->pc);
    CodePage *page;
    const Op *op;
    bool single;

    if (e->pc == h->pc && e->gen == h->jump_gen) {
        h->x[HART_X_VBASE] = h->pc & PAGE_MASK_64;
        return (const Op *)((const char *)h + e->ops);
    }
    if (h->arena_used + BLOCK_MAX_OPS > h->arena_size) {
        code_flush(h);
    }
    page = fetch_page(h, &single);
    if (!page) {
        return single ? single_block(h) : NULL;
    }
    op = code_block(h, page, h->pc & 0xfff);
    *e = (JumpEntry){ h->pc, h->jump_gen,
                      (uint32_t)((const char *)op - (const char *)h) };
    h->x[HART_X_VBASE] = h->pc & PAGE_MASK_64;
    return op;
}

const Op *hart_next(Hart *h)
{
    while (!hart_has_requests(h)) {
        const Op *op = find_block(h);

        if (op) {
            return op;
        }
        trap_enter(h, h->exc.cause, h->exc.tval);
    }
    return NULL;
}

/* An instruction across two pages.  count: before it. */
OP(single)
{
    const Op *next;

    h->instret += op->count;
    h->pc = h->x[HART_X_VBASE] + op->off;
    next = single_block(h);
    if (!next) {
        trap_enter(h, h->exc.cause, h->exc.tval);
        OP_RESUME;
    }
    OP_DISPATCH(next);
}

/* ---- where an op is ----------------------------------------------------- */

void hart_sync(Hart *h, const Op *op, unsigned off)
{
    const Block *block = op_find_block(op);
    const CodePage *page = block_page(h, block);

    if (page) {
        for (unsigned at = block->off; at < off; h->instret++) {
            at += (page->source[at] & 3) == 3 ? 4 : 2;
        }
    }
    h->pc = h->x[HART_X_VBASE] + off;
}

void hart_raise(Hart *h, const Op *op, unsigned off)
{
    hart_sync(h, op, off);
    trap_enter(h, h->exc.cause, h->exc.tval);
}
