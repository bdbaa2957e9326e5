/* SPDX-License-Identifier: MIT */
/*
 * Random trees, rendered by the flat view and by a resolver that asks for one
 * byte at a time: they agree.  A listener that replays what it is told ends up
 * with the same memory, at every commit.
 *
 * The seed is printed; REFVMM_SEED sets it, REFVMM_TREES their number.
 */
#include "memory_test.h"
#include <inttypes.h>

#define SPACE 256 /* bytes that are looked at */
#define MAX_REGIONS 14
#define MAX_ALIASES 32
#define MAX_DEPTH 96

static uint64_t seed;

static unsigned pick(unsigned n)
{
    return (unsigned)(memory_test_random(&seed) >> 33) % n;
}

/* ---- the model ---------------------------------------------------------- */

typedef struct Byte {
    MemoryRegion *mr; /* NULL: nothing */
    hwaddr offset;
    bool readonly;
} Byte;

typedef struct Tree {
    MemoryRegion regions[MAX_REGIONS]; /* the first is the root */
    unsigned order[MAX_REGIONS];       /* when it was hung in */
    unsigned n, clock, n_aliases;
    bool cycles;
    hwaddr base; /* of the window that is looked at */
    MemoryRegion top;
    AddressSpace as;
    Byte told[SPACE]; /* by the listener */
    MemoryListener listener;
    unsigned mask_told;
} Tree;

typedef struct Path {
    const struct Path *up;
    const MemoryRegion *mr;
    __int128 offset;
    unsigned depth, aliases;
} Path;

static Byte resolve(const Tree *t, const Path *up, MemoryRegion *mr,
                    __int128 offset, bool readonly);

static bool above(const Tree *t, const MemoryRegion *a, const MemoryRegion *b)
{
    if (a->priority != b->priority) {
        return a->priority > b->priority;
    }
    return t->order[a - t->regions] > t->order[b - t->regions];
}

/* Asks the subregions from the top down: the best of those not asked yet. */
static Byte resolve_subregions(const Tree *t, const Path *path,
                               MemoryRegion *mr, __int128 offset,
                               bool readonly)
{
    bool asked[MAX_REGIONS] = { false };

    for (;;) {
        Tree *w = (Tree *)(uintptr_t)t;
        MemoryRegion *best = NULL;
        Byte b;

        for (unsigned i = 0; i < t->n; i++) {
            MemoryRegion *sub = &w->regions[i];

            if (sub->container == mr && !asked[i] &&
                (!best || above(t, sub, best))) {
                best = sub;
            }
        }
        if (!best) {
            return (Byte){ NULL };
        }
        asked[best - t->regions] = true;
        b = resolve(t, path, best, offset - (__int128)best->addr, readonly);
        if (b.mr) {
            return b;
        }
    }
}

static Byte resolve(const Tree *t, const Path *up, MemoryRegion *mr,
                    __int128 offset, bool readonly)
{
    const Path path = {
        up, mr, offset, up ? up->depth + 1 : 0,
        (up ? up->aliases : 0) + (mr->kind == MEMORY_REGION_ALIAS),
    };
    Byte b;

    if (!mr->enabled || offset < 0 || offset >= (__int128)mr->size ||
        path.depth > MAX_DEPTH || path.aliases > MAX_ALIASES) {
        return (Byte){ NULL };
    }
    readonly |= mr->readonly;
    if (mr->kind == MEMORY_REGION_ALIAS) {
        offset += (__int128)mr->alias_offset;
        for (const Path *p = up; p; p = p->up) {
            if (p->mr == mr->alias && p->offset == offset) {
                return (Byte){ NULL };
            }
        }
        return resolve(t, &path, mr->alias, offset, readonly);
    }
    b = resolve_subregions(t, &path, mr, offset, readonly);
    if (!b.mr && mr->kind != MEMORY_REGION_CONTAINER) {
        b = (Byte){ mr, (hwaddr)offset, readonly };
    }
    return b;
}

/* ---- the listener ------------------------------------------------------- */

static bool same_byte(Byte a, Byte b)
{
    return a.mr == b.mr && (!a.mr || (a.offset == b.offset &&
                                      a.readonly == b.readonly));
}

/* Goes over the bytes of a section, which have to be `was` and become `is`. */
static void replay(MemoryListener *l, const MemoryRegionSection *s, bool was,
                   bool is)
{
    Tree *t = (Tree *)(void *)((char *)l - offsetof(Tree, listener));

    assert_ptr_equal(s->as, &t->as);
    for (hwaddr i = 0; i <= s->last - s->offset_within_address_space; i++) {
        hwaddr at = s->offset_within_address_space + i - t->base;
        Byte b = { s->mr, s->offset_within_region + i, s->readonly };

        assert_true(at < SPACE);
        assert_true(same_byte(t->told[at], was ? b : (Byte){ NULL }));
        t->told[at] = is ? b : (Byte){ NULL };
    }
}

static void on_add(MemoryListener *l, const MemoryRegionSection *s)
{
    replay(l, s, false, true);
}

static void on_del(MemoryListener *l, const MemoryRegionSection *s)
{
    replay(l, s, true, false);
}

static void on_nop(MemoryListener *l, const MemoryRegionSection *s)
{
    replay(l, s, true, true);
}

/* ---- the comparison ----------------------------------------------------- */

static void REQUIRES(bql)
fail_at(Tree *t, unsigned i, Byte want, Byte got)
{
    char *tree = memory_region_dump(&t->top);

    fprintf(stderr, "%sbyte 0x%x: resolver %s+0x%" PRIx64 "%s, view %s+0x%"
            PRIx64 "%s\n", tree, i, want.mr ? want.mr->name : "-",
            want.offset, want.readonly ? " ro" : "",
            got.mr ? got.mr->name : "-", got.offset,
            got.readonly ? " ro" : "");
    g_free(tree);
    fail();
}

static void check_order(const FlatView *view)
{
    for (unsigned i = 0; i < view->n; i++) {
        const FlatRange *r = &view->ranges[i], *before = r - 1;

        assert_true(r->addr <= r->last);
        if (i) {
            assert_true(before->last < r->addr);
            /* Neighbours that fit together are one range. */
            assert_false(before->last + 1 == r->addr &&
                         before->mr == r->mr &&
                         before->readonly == r->readonly &&
                         before->offset + (before->last - before->addr) + 1 ==
                         r->offset);
        }
    }
}

static void check_tree(Tree *t) REQUIRES(bql)
{
    FlatView *view = address_space_get_flatview(&t->as);

    check_order(view);
    for (unsigned i = 0; i < SPACE; i++) {
        hwaddr hole, addr = t->base + i;
        const FlatRange *r = flatview_lookup(view, addr, &hole);
        Byte want = resolve(t, NULL, &t->regions[0], i, false);
        Byte got = { NULL };

        if (r) {
            got = (Byte){ r->mr, r->offset + (addr - r->addr), r->readonly };
        } else {
            assert_true(hole >= addr);
        }
        if (!same_byte(want, got)) {
            fail_at(t, i, want, got);
        }
        if (!same_byte(want, t->told[i])) {
            fail_at(t, i, want, t->told[i]);
        }
    }
    flatview_unref(view);
}

/* ---- random trees ------------------------------------------------------- */

static MemTxResult no_read(void *opaque, hwaddr offset, unsigned size,
                           uint64_t *ret_value, MemTxAttrs attrs)
{
    return MEMTX_OK;
}

static const MemoryRegionOps no_ops = { .read = no_read };

static uint64_t random_size(void)
{
    static const uint64_t sizes[] = { 0, 1, 8, 16, 32, 64, 100, SPACE };

    return pick(3) ? sizes[pick(G_N_ELEMENTS(sizes))] : 1 + pick(SPACE);
}

static hwaddr random_addr(void)
{
    return pick(4) ? pick(SPACE / 8) * 8 : pick(SPACE + 20);
}

static void init_random(Tree *t, unsigned i) REQUIRES(bql)
{
    MemoryRegion *mr = &t->regions[i];
    char name[24];

    snprintf(name, sizeof(name), "r%u", i);
    switch (i ? pick(8) : 0) {
    case 0:
    case 1:
        memory_region_init(mr, name, i ? random_size() : SPACE);
        break;
    case 2:
        assert_true(memory_region_init_ram(mr, name, 1 + pick(SPACE), NULL));
        break;
    case 3:
        assert_true(memory_region_init_rom_device(mr, &no_ops, NULL, name,
                                                  1 + pick(SPACE), NULL));
        break;
    case 4:
    case 5:
        /* Cycles grow fast: few of them. */
        if (!t->cycles || t->n_aliases < 3) {
            unsigned target = pick(t->cycles ? t->n : MAX(i, 1));

            if (target < i) {
                t->n_aliases++;
                memory_region_init_alias(mr, name, &t->regions[target],
                                         pick(2) ? 0 : random_addr(),
                                         random_size());
                break;
            }
        }
        /* fall through */
    default:
        memory_region_init_io(mr, &no_ops, NULL, name, random_size());
    }
}

static bool is_below(const MemoryRegion *mr, const MemoryRegion *top)
{
    for (; mr; mr = mr->container) {
        if (mr == top) {
            return true;
        }
    }
    return false;
}

/* Whether something below mr, with aliases followed, is target: without cycles
 * in the tree, an alias must not stand below its own target. */
static bool would_cycle(const Tree *t, const MemoryRegion *container,
                        const MemoryRegion *mr, unsigned depth)
{
    if (depth > MAX_REGIONS || container == mr) {
        return true;
    }
    if (mr->kind == MEMORY_REGION_ALIAS &&
        would_cycle(t, container, mr->alias, depth + 1)) {
        return true;
    }
    for (unsigned i = 0; i < t->n; i++) {
        const MemoryRegion *sub = &t->regions[i];

        if (sub->container == mr &&
            would_cycle(t, container, sub, depth + 1)) {
            return true;
        }
    }
    return false;
}

/* Also through what shows the container itself. */
static bool may_hang(const Tree *t, const MemoryRegion *container,
                     const MemoryRegion *mr)
{
    if (container->kind == MEMORY_REGION_ALIAS || is_below(container, mr)) {
        return false;
    }
    if (t->cycles) {
        return true;
    }
    for (const MemoryRegion *c = container; c; c = c->container) {
        if (would_cycle(t, c, mr, 0)) {
            return false;
        }
    }
    return true;
}

static void hang_in(Tree *t, unsigned i) REQUIRES(bql)
{
    MemoryRegion *mr = &t->regions[i];
    MemoryRegion *container = &t->regions[pick(2) ? 0 : pick(t->n)];

    if (may_hang(t, container, mr)) {
        t->order[i] = ++t->clock;
        if (pick(2)) {
            memory_region_add_subregion(container, random_addr(), mr);
        } else {
            memory_region_add_subregion_overlap(container, random_addr(), mr,
                                                (int)pick(5) - 2);
        }
    }
}

static void change(Tree *t) REQUIRES(bql)
{
    unsigned i = 1 + pick(t->n - 1);
    MemoryRegion *mr = &t->regions[i];

    switch (pick(9)) {
    case 0:
        memory_region_set_enabled(mr, !mr->enabled);
        break;
    case 1:
        memory_region_set_readonly(mr, !mr->readonly);
        break;
    case 2:
        if (!mr->ram_block) {
            memory_region_set_size(mr, random_size());
        }
        break;
    case 3:
        if (mr->kind == MEMORY_REGION_ALIAS) {
            memory_region_set_alias_offset(mr, random_addr());
        }
        break;
    case 4:
        memory_region_rom_device_set_romd(mr, !mr->romd_mode);
        break;
    case 5:
    case 6:
        if (mr->container) {
            memory_region_del_subregion(mr->container, mr);
        }
        hang_in(t, i);
        break;
    default: {
        hwaddr addr = random_addr();

        if (mr->addr != addr) {
            t->order[i] = ++t->clock;
        }
        memory_region_set_address(mr, addr);
    }
    }
}

static void build(Tree *t) REQUIRES(bql)
{
    t->cycles = !pick(4);
    t->n = 3 + pick(MAX_REGIONS - 2);
    /* Now and then at the very end of all addresses. */
    t->base = pick(3) ? 0 : -(hwaddr)SPACE;
    memory_region_init(&t->top, "top", UINT64_MAX);
    for (unsigned i = 0; i < t->n; i++) {
        init_random(t, i);
    }
    memory_region_add_subregion(&t->top, t->base, &t->regions[0]);
    address_space_init(&t->as, &t->top, "random");
    t->listener = (MemoryListener){
        .name = "replay",
        .region_add = on_add,
        .region_del = on_del,
        .region_nop = on_nop,
    };
    if (pick(2)) {
        memory_listener_register(&t->listener, &t->as);
    }
    memory_region_transaction_begin();
    for (unsigned i = 1; i < t->n; i++) {
        hang_in(t, i);
    }
    if (!t->listener.as) {
        INTENTIONAL(TRANSACTION, "other: in a transaction the listener is "
                    "told by the commit");
        memory_listener_register(&t->listener, &t->as);
    }
    memory_region_transaction_commit();
}

static void take_apart(Tree *t) REQUIRES(bql)
{
    memory_listener_unregister(&t->listener);
    for (unsigned i = 0; i < SPACE; i++) {
        assert_null(t->told[i].mr);
    }
    address_space_destroy(&t->as);
    memory_region_transaction_begin();
    for (unsigned i = 0; i < t->n; i++) {
        if (t->regions[i].container) {
            memory_region_del_subregion(t->regions[i].container,
                                        &t->regions[i]);
        }
    }
    memory_region_transaction_commit();
    for (unsigned i = 0; i < t->n; i++) {
        memory_region_finalize(&t->regions[i]);
    }
    memory_region_finalize(&t->top);
}

static void one_tree(void) REQUIRES(bql)
{
    Tree *t = g_new0(Tree, 1);

    build(t);
    check_tree(t);
    for (unsigned round = pick(8); round > 0; round--) {
        unsigned changes = 1 + pick(3);

        memory_region_transaction_begin();
        for (unsigned i = 0; i < changes; i++) {
            change(t);
        }
        memory_region_transaction_commit();
        check_tree(t);
    }
    take_apart(t);
    vm_rcu_call(g_free, t);
}

static void test_random_trees(void **state)
{
    const char *text = getenv("REFVMM_SEED");
    const char *count = getenv("REFVMM_TREES");
    unsigned trees = count ? (unsigned)strtoul(count, NULL, 0) : 5000;

    ASSERT_HELD(&bql);
    seed = text ? strtoull(text, NULL, 0)
                : (uint64_t)vm_clock_ns() ^ (uint64_t)getpid() << 40;
    seed += !seed;
    for (unsigned i = 0; i < trees; i++) {
        uint64_t start = seed;

        if (!(i % 1000) || text) {
            printf("seed 0x%" PRIx64 "\n", start);
        }
        /* fail() leaves by longjmp: say which tree before. */
        fflush(stdout);
        one_tree();
        if (!(i % 64)) {
            memory_test_barrier();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_random_trees),
    };

    memory_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
