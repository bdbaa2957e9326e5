/* SPDX-License-Identifier: MIT */
/* Transactions, what listeners are told, and mistakes a debug build finds. */
#include "memory_test.h"
#include <inttypes.h>

static struct {
    MemoryRegion root, ram, io, io2;
    AddressSpace as;
    GString *log; /* what the listeners were told */
} m;

static MemTxResult io_read(void *opaque, hwaddr offset, unsigned size,
                           uint64_t *ret_value, MemTxAttrs attrs)
{
    *ret_value = offset;
    return MEMTX_OK;
}

static const MemoryRegionOps io_ops = { .read = io_read };


static int NO_ANALYSIS setup(void **state)
{
    bql_lock();
    memory_region_init(&m.root, "root", UINT64_MAX);
    assert_true(memory_region_init_ram(&m.ram, "ram", 0x2000, NULL));
    memory_region_init_io(&m.io, &io_ops, NULL, "io", 0x100);
    memory_region_init_io(&m.io2, &io_ops, NULL, "io2", 0x100);
    address_space_init(&m.as, &m.root, "memory");
    m.log = g_string_new(NULL);
    return 0;
}

static int NO_ANALYSIS teardown(void **state)
{
    MemoryRegion *all[] = { &m.ram, &m.io, &m.io2 };

    address_space_destroy(&m.as);
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i]->container) {
            memory_region_del_subregion(all[i]->container, all[i]);
        }
        memory_region_finalize(all[i]);
    }
    memory_region_finalize(&m.root);
    g_string_free(m.log, TRUE);
    bql_unlock();
    vm_rcu_barrier();
    return 0;
}

/* ---- listeners that write down ------------------------------------------ */

static void say(const char *what, const MemoryListener *l,
                const MemoryRegionSection *s)
{
    g_string_append_printf(m.log, "%s%s%s", m.log->len ? " " : "", l->name,
                           what);
    if (s) {
        g_string_append_printf(m.log, ":%s@%" PRIx64 "+%" PRIx64, s->mr->name,
                               s->offset_within_address_space, s->size);
    }
}

static void on_begin(MemoryListener *l)
{
    say("(", l, NULL);
}

static void on_commit(MemoryListener *l)
{
    say(")", l, NULL);
}

static void on_add(MemoryListener *l, const MemoryRegionSection *s)
{
    say("+", l, s);
}

static void on_del(MemoryListener *l, const MemoryRegionSection *s)
{
    say("-", l, s);
}

static void on_nop(MemoryListener *l, const MemoryRegionSection *s)
{
    say("=", l, s);
}

static void on_log_start(MemoryListener *l, const MemoryRegionSection *s,
                         unsigned old, unsigned now)
{
    say("start", l, s);
    g_string_append_printf(m.log, "%u>%u", old, now);
}

static void on_log_stop(MemoryListener *l, const MemoryRegionSection *s,
                        unsigned old, unsigned now)
{
    say("stop", l, s);
    g_string_append_printf(m.log, "%u>%u", old, now);
}

static void on_eventfd_add(MemoryListener *l, const MemoryRegionSection *s,
                           const MemoryRegionIoeventfd *e)
{
    say("e+", l, s);
    g_string_append_printf(m.log, "/%" PRIx64, e->offset);
}

static void on_eventfd_del(MemoryListener *l, const MemoryRegionSection *s,
                           const MemoryRegionIoeventfd *e)
{
    say("e-", l, s);
    g_string_append_printf(m.log, "/%" PRIx64, e->offset);
}

static MemoryListener full(const char *name, int priority)
{
    return (MemoryListener){
        name, priority, on_begin, on_commit, on_add, on_del, on_nop,
        on_log_start, on_log_stop, on_eventfd_add, on_eventfd_del,
    };
}

static void assert_log(const char *want)
{
    assert_string_equal(m.log->str, want);
    g_string_truncate(m.log, 0);
}

static void test_incremental(void **state)
{
    MemoryListener a = full("a", 0);

    ASSERT_HELD(&bql);
    memory_region_add_subregion(&m.root, 0x1000, &m.ram);
    memory_listener_register(&a, &m.as);
    assert_log("a( a+:ram@1000+2000 a)");
    memory_region_add_subregion(&m.root, 0x8000, &m.io);
    assert_log("a( a=:ram@1000+2000 a+:io@8000+100 a)");
    /* On top of the RAM: that is in two parts now. */
    memory_region_add_subregion_overlap(&m.root, 0x1800, &m.io2, 1);
    assert_log("a( a-:ram@1000+2000 a+:ram@1000+800 a+:io2@1800+100 "
               "a+:ram@1900+1700 a=:io@8000+100 a)");
    /* What cannot be seen is not told. */
    memory_region_set_enabled(&m.io2, true);
    memory_region_set_address(&m.io2, 0x1800);
    assert_log("");
    memory_region_transaction_begin();
    memory_region_del_subregion(&m.root, &m.io2);
    memory_region_set_address(&m.io, 0x8100);
    assert_log("");
    memory_region_transaction_commit();
    assert_log("a( a-:ram@1000+800 a-:io2@1800+100 a-:ram@1900+1700 "
               "a-:io@8000+100 a+:ram@1000+2000 a+:io@8100+100 a)");
    memory_listener_unregister(&a);
    assert_log("a( a-:ram@1000+2000 a-:io@8100+100 a)");
    memory_listener_unregister(&a);
    assert_log("");
}

/* Up for what appears, down for what goes. */
static void test_order(void **state)
{
    MemoryListener a = full("a", 1), b = full("b", 9), c = full("c", 5);

    ASSERT_HELD(&bql);
    memory_listener_register(&b, &m.as);
    memory_listener_register(&a, &m.as);
    memory_listener_register(&c, &m.as);
    g_string_truncate(m.log, 0);
    memory_region_add_subregion(&m.root, 0, &m.io);
    assert_log("a( c( b( a+:io@0+100 c+:io@0+100 b+:io@0+100 a) c) b)");
    memory_region_del_subregion(&m.root, &m.io);
    assert_log("a( c( b( b-:io@0+100 c-:io@0+100 a-:io@0+100 a) c) b)");
    memory_listener_unregister(&b);
    memory_listener_unregister(&a);
    memory_listener_unregister(&c);
}

static void test_register_in_transaction(void **state)
{
    MemoryListener a = full("a", 0);

    ASSERT_HELD(&bql);
    memory_region_add_subregion(&m.root, 0x1000, &m.ram);
    memory_region_transaction_begin();
    INTENTIONAL(TRANSACTION, "other: in a transaction the listener is told by "
                "the commit");
    memory_listener_register(&a, &m.as);
    memory_region_add_subregion(&m.root, 0x8000, &m.io);
    assert_log("");
    memory_region_transaction_commit();
    assert_log("a( a+:ram@1000+2000 a+:io@8000+100 a)");
    memory_listener_unregister(&a);
}

/* A listener that answers the first change with one of its own. */
static void add_io2(MemoryListener *l, const MemoryRegionSection *s)
{
    ASSERT_HELD(&bql);
    say("+", l, s);
    if (!m.io2.container) {
        memory_region_add_subregion(&m.root, 0x9000, &m.io2);
    }
}

static void test_listener_changes_memory(void **state)
{
    MemoryListener a = full("a", 0), b = full("b", 1);
    FlatView *view;

    ASSERT_HELD(&bql);
    a.region_add = add_io2;
    memory_listener_register(&a, &m.as);
    memory_listener_register(&b, &m.as);
    g_string_truncate(m.log, 0);
    memory_region_add_subregion(&m.root, 0, &m.io);
    assert_log("a( b( a+:io@0+100 b+:io@0+100 a) b) "
               "a( b( a=:io@0+100 a+:io2@9000+100 b=:io@0+100 "
               "b+:io2@9000+100 a) b)");
    view = address_space_get_flatview(&m.as);
    assert_int_equal(view->n, 2);
    flatview_unref(view);
    memory_listener_unregister(&a);
    memory_listener_unregister(&b);
}

static void test_dirty_log(void **state)
{
    MemoryListener a = full("a", 0);

    ASSERT_HELD(&bql);
    memory_region_add_subregion(&m.root, 0, &m.ram);
    memory_region_add_subregion(&m.root, 0x8000, &m.io);
    memory_listener_register(&a, &m.as);
    a.region_nop = NULL;
    g_string_truncate(m.log, 0);
    memory_global_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    assert_log("a( astart:ram@0+20000>1 a)");
    memory_region_set_log(&m.ram, true, DIRTY_MEMORY_TEST);
    assert_log("a( astart:ram@0+20001>3 a)");
    memory_region_set_address(&m.ram, 0x1000);
    assert_log("a( a-:ram@0+2000 a+:ram@1000+2000 astart:ram@1000+20000>3 a)");
    memory_global_dirty_log_stop(DIRTY_MEMORY_MIGRATION);
    assert_log("a( astop:ram@1000+20003>2 a)");
    memory_region_set_log(&m.ram, false, DIRTY_MEMORY_TEST);
    assert_log("a( astop:ram@1000+20002>0 a)");
    memory_listener_unregister(&a);
}

static void test_ioeventfds(void **state)
{
    EventNotifier n = { -1 }, n2 = { -1 };
    MemoryRegionIoeventfd e = { 0x10, 4, true, 1, &n };
    MemoryRegionIoeventfd e2 = { 0x10, 4, true, 2, &n2 };
    MemoryListener a = full("a", 0);

    ASSERT_HELD(&bql);
    a.region_nop = NULL;
    memory_region_add_subregion(&m.root, 0x1000, &m.io);
    memory_region_add_eventfd(&m.io, &e);
    memory_listener_register(&a, &m.as);
    assert_log("a( a+:io@1000+100 ae+:io@1000+100/10 a)");
    memory_region_add_eventfd(&m.io, &e2);
    assert_log("a( ae+:io@1000+100/10 a)");
    memory_region_del_eventfd(&m.io, &e);
    assert_log("a( ae-:io@1000+100/10 a)");
    memory_region_set_address(&m.io, 0x2000);
    assert_log("a( a-:io@1000+100 ae-:io@1000+100/10 a+:io@2000+100 "
               "ae+:io@2000+100/10 a)");
    memory_region_del_eventfd(&m.io, &e2);
    assert_log("a( ae-:io@2000+100/10 a)");
    memory_listener_unregister(&a);
}

/* ---- views -------------------------------------------------------------- */

static FlatView *view_of(AddressSpace *as)
{
    FlatView *view = address_space_get_flatview(as);

    flatview_unref(view); /* the address space has one, and we the BQL */
    return view;
}

/* Nothing is built before the outermost commit, and then once.  NO_TSA: to
 * clang a token does not nest. */
static void NO_TSA test_one_view_a_commit(void **state)
{
    MemoryListener a = full("a", 0);
    FlatView *before = view_of(&m.as);

    ASSERT_HELD(&bql);
    memory_listener_register(&a, &m.as);
    g_string_truncate(m.log, 0);
    memory_region_transaction_begin();
    memory_region_transaction_begin();
    assert_int_equal(memory_region_transaction_depth(), 2);
    memory_region_add_subregion(&m.root, 0x1000, &m.io);
    memory_region_add_subregion(&m.root, 0x2000, &m.io2);
    memory_region_transaction_commit();
    assert_log("");
    memory_region_transaction_commit();
    assert_int_equal(memory_region_transaction_depth(), 0);
    assert_log("a( a+:io@1000+100 a+:io2@2000+100 a)");
    assert_ptr_not_equal(view_of(&m.as), before);
    /* There and back is no change: the view stays. */
    before = view_of(&m.as);
    memory_region_transaction_begin();
    memory_region_set_enabled(&m.io, false);
    memory_region_set_enabled(&m.io, true);
    memory_region_transaction_commit();
    assert_ptr_equal(view_of(&m.as), before);
    memory_listener_unregister(&a);
}

static void test_shared_views(void **state)
{
    MemoryRegion window, container;
    AddressSpace dma, dma2;

    ASSERT_HELD(&bql);
    memory_region_add_subregion(&m.root, 0x1000, &m.ram);
    memory_region_init_alias(&window, "window", &m.root, 0, UINT64_MAX);
    memory_region_init(&container, "container", UINT64_MAX);
    memory_region_add_subregion(&container, 0, &window);
    address_space_init(&dma, &m.root, "dma");
    address_space_init(&dma2, &container, "dma2");
    assert_ptr_equal(view_of(&dma), view_of(&m.as));
    assert_ptr_equal(view_of(&dma2), view_of(&m.as));
    memory_region_add_subregion(&m.root, 0x8000, &m.io);
    assert_int_equal(view_of(&m.as)->n, 2);
    assert_ptr_equal(view_of(&dma), view_of(&m.as));
    assert_ptr_equal(view_of(&dma2), view_of(&m.as));
    /* Bus mastering off. */
    memory_region_set_enabled(&window, false);
    assert_int_equal(view_of(&dma2)->n, 0);
    assert_ptr_equal(view_of(&dma), view_of(&m.as));
    address_space_destroy(&dma);
    address_space_destroy(&dma2);
    memory_region_del_subregion(&container, &window);
    memory_region_finalize(&window);
    memory_region_finalize(&container);
}

static void test_whole_space(void **state)
{
    MemoryRegion all;
    MemoryRegionSection s;
    FlatView *view;

    ASSERT_HELD(&bql);
    memory_region_init_io(&all, &io_ops, NULL, "all", UINT64_MAX);
    memory_region_add_subregion_overlap(&m.root, 0, &all, -1);
    view = address_space_get_flatview(&m.as);
    assert_int_equal(view->n, 1);
    assert_int_equal(view->ranges[0].last, UINT64_MAX);
    vm_rcu_read_lock();
    assert_true(flatview_translate(view, UINT64_MAX, 8, &s));
    assert_int_equal(s.size, 1);
    assert_int_equal(s.offset_within_region, UINT64_MAX);
    assert_true(flatview_translate(view, 0, UINT64_MAX, &s));
    assert_int_equal(s.size, UINT64_MAX);
    assert_int_equal(s.last, UINT64_MAX);
    assert_true(flatview_translate(view, 0x1000, 8, &s));
    assert_int_equal(s.size, 8);
    assert_int_equal(s.last, 0x1007);
    vm_rcu_read_unlock();
    flatview_unref(view);
    /* A region that reaches over the end is cut there. */
    memory_region_add_subregion(&m.root, UINT64_MAX - 0x7f, &m.io);
    view = address_space_get_flatview(&m.as);
    assert_int_equal(view->n, 2);
    assert_int_equal(view->ranges[1].addr, UINT64_MAX - 0x7f);
    assert_int_equal(view->ranges[1].last, UINT64_MAX);
    flatview_unref(view);
    memory_region_del_subregion(&m.root, &all);
    memory_region_finalize(&all);
}

/* Aliases of each other, and windows on themselves: an end comes. */
static void test_alias_cycles(void **state)
{
    MemoryRegion a, b, self;

    ASSERT_HELD(&bql);
    memory_region_init(&a, "a", 0x10000);
    memory_region_init_alias(&b, "b", &a, 0, 0x10000);
    memory_region_init_alias(&self, "self", &a, 0, 0x10000);
    memory_region_transaction_begin();
    memory_region_add_subregion(&m.root, 0, &a);
    memory_region_add_subregion_overlap(&a, 0, &b, 1); /* on its target */
    memory_region_add_subregion(&a, 0x100, &self);     /* a bit further on */
    memory_region_add_subregion_overlap(&a, 0, &m.io, -1);
    memory_region_transaction_commit();
    /* io at 0, and again 0x100 further on for each of 32 levels. */
    assert_int_equal(view_of(&m.as)->n, 33);
    memory_region_transaction_begin();
    memory_region_del_subregion(&m.root, &a);
    memory_region_del_subregion(&a, &b);
    memory_region_del_subregion(&a, &self);
    memory_region_transaction_commit();
    memory_region_del_subregion(&a, &m.io);
    memory_region_finalize(&b);
    memory_region_finalize(&self);
    memory_region_finalize(&a);
}

static void test_dump(void **state)
{
    MemoryRegion alias;
    FlatView *view;
    char *text;

    ASSERT_HELD(&bql);
    memory_region_init_alias(&alias, "alias", &m.ram, 0x1000, 0x800);
    memory_region_add_subregion(&m.root, 0x1000, &m.ram);
    memory_region_add_subregion_overlap(&m.root, 0x8000, &alias, 2);
    memory_region_add_subregion(&m.root, 0x9000, &m.io);
    memory_region_set_enabled(&m.io, false);
    text = memory_region_dump(&m.root);
    assert_string_equal(text,
        "0000000000000000-ffffffffffffffff (prio 0, container): root\n"
        "  0000000000008000-00000000000087ff (prio 2, alias): alias @ram "
        "0000000000001000-00000000000017ff\n"
        "  0000000000009000-00000000000090ff (prio 0, i/o): io [disabled]\n"
        "  0000000000001000-0000000000002fff (prio 0, ram): ram\n");
    g_free(text);
    view = address_space_get_flatview(&m.as);
    text = flatview_dump(view);
    assert_string_equal(text,
        "0000000000001000-0000000000002fff (prio 0, ram): ram\n"
        "0000000000008000-00000000000087ff (prio 0, ram): ram "
        "@0000000000001000\n");
    g_free(text);
    flatview_unref(view);
    memory_region_del_subregion(&m.root, &alias);
    memory_region_finalize(&alias);
}

static void test_ram_errors(void **state)
{
    GError *error = NULL;
    MemoryRegion mr;

    ASSERT_HELD(&bql);
    assert_false(memory_region_init_ram(&mr, "ram", 0x1000, &error));
    assert_string_equal(error->message,
                        "there is a RAM block \"ram\" already");
    g_clear_error(&error);
    assert_false(memory_region_init_ram(&mr, "none", 0, &error));
    assert_string_equal(error->message, "RAM block \"none\" cannot have a "
                        "size of 0 bytes");
    g_clear_error(&error);
    assert_false(memory_region_init_ram(&mr, "huge", UINT64_MAX, &error));
    assert_non_null(strstr(error->message, "\"huge\""));
    g_clear_error(&error);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
    assert_false(memory_region_init_ram(&mr, "large", (uint64_t)1 << 60,
                                        &error));
    assert_non_null(strstr(error->message, "\"large\""));
    g_clear_error(&error);
#endif
    assert_true(memory_region_init_ram_memfd(&mr, "shared", 0x1001, NULL));
    assert_true(memory_region_ram_fd(&mr) >= 0);
    assert_int_equal(mr.ram_block->size, 0x2000);
    assert_int_equal(memory_region_ram_fd(&m.ram), -1);
    memory_region_finalize(&mr);
}

/* ---- mistakes ----------------------------------------------------------- */

#ifdef HOLDFAST_DEBUG_CHECKS

static void NO_ANALYSIS view_in_transaction(void)
{
    memory_region_transaction_begin_at("load.c", 10);
    vm_rcu_read_lock();
    address_space_to_flatview_at(&m.as, "virtio.c", 20);
}

static void NO_ANALYSIS cache_in_transaction(void)
{
    MemoryRegionCache c;

    memory_region_transaction_begin_at("load.c", 10);
    address_space_cache_init(&c, &m.as, 0, 1, false);
}

static void *old_view_thread(void *opaque)
{
    uint64_t v;

    /* It sees the view of before, and rightly so. */
    assert_int_equal(address_space_ld(&m.as, 0x1000, 8, &v,
                                      MEMTXATTRS_UNSPECIFIED), MEMTX_OK);
    return NULL;
}

static void NO_ANALYSIS finalized_in_tree(void)
{
    memory_region_add_subregion(&m.root, 0, &m.io);
    memory_region_finalize(&m.io);
}

static void NO_ANALYSIS finalized_root(void)
{
    memory_region_finalize(&m.root);
}

static void NO_ANALYSIS used_after_finalize(void)
{
    memory_region_finalize(&m.io);
    memory_region_set_enabled(&m.io, false);
}

static void NO_ANALYSIS finalized_alias_target(void)
{
    MemoryRegion alias;

    memory_region_init_alias(&alias, "alias", &m.io, 0, 8);
    memory_region_finalize(&m.io);
    memory_region_add_subregion(&m.root, 0, &alias);
}

/* By force, as a device does that is freed while it is in the tree. */
static void NO_ANALYSIS stale_region(void)
{
    uint64_t v;

    memory_region_add_subregion(&m.root, 0, &m.io);
    m.io.container = NULL;
    memory_region_finalize(&m.io);
    address_space_ld(&m.as, 0, 4, &v, MEMTXATTRS_UNSPECIFIED);
}

static void NO_ANALYSIS part_of_itself(void)
{
    MemoryRegion a, b;

    memory_region_init(&a, "a", 8);
    memory_region_init(&b, "b", 8);
    memory_region_add_subregion(&a, 0, &b);
    memory_region_add_subregion(&b, 0, &a);
}

static void NO_ANALYSIS commit_too_often(void)
{
    memory_region_transaction_begin();
    memory_region_transaction_commit();
    memory_region_transaction_commit();
}

static void NO_TSA test_mistakes(void **state)
{
    VmThread *t;

    ASSERT_HELD(&bql);
    expect_abort(view_in_transaction,
                 "virtio.c:20: the flat view of \"memory\" is read in the "
                 "memory transaction that was begun at load.c:10\n");
    expect_abort(cache_in_transaction, "begun at load.c:10\n");
    expect_abort(finalized_in_tree,
                 "\"io\" is finalized while it is part of \"root\"");
    expect_abort(finalized_root, "root of address space \"memory\"");
    expect_abort(used_after_finalize,
                 "memory_region_set_enabled: memory region");
    expect_abort(finalized_alias_target, "is finalized");
    expect_abort(stale_region, "is finalized");
    expect_abort(part_of_itself, "\"a\" would become part of itself");
    expect_abort(commit_too_often, "was not begun");

    memory_region_add_subregion(&m.root, 0x1000, &m.ram);
    memory_region_transaction_begin();
    memory_region_set_enabled(&m.ram, false);
    bql_unlock();
    t = vm_thread_create("reader", VM_ROLE_CLIENT, old_view_thread, NULL,
                         NULL);
    vm_thread_join(t);
    bql_lock();
    memory_region_transaction_commit();
}

#else

static void test_mistakes(void **state)
{
    skip(); /* nothing is checked in this build */
}

#endif

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_incremental),
        TEST(test_order),
        TEST(test_register_in_transaction),
        TEST(test_listener_changes_memory),
        TEST(test_dirty_log),
        TEST(test_ioeventfds),
        TEST(test_one_view_a_commit),
        TEST(test_shared_views),
        TEST(test_whole_space),
        TEST(test_alias_cycles),
        TEST(test_dump),
        TEST(test_ram_errors),
        TEST(test_mistakes),
    };

    memory_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
