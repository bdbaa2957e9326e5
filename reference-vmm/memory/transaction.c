/* SPDX-License-Identifier: MIT */
/*
 * transaction.c - address spaces, and the commit that gives them new views.
 *
 * A commit renders each distinct root once, keeps the views that came out as
 * they were, publishes the others, has the vCPUs forget their translations,
 * and then tells the listeners.  They are told last, so that a listener's
 * commit callback sees (and can translate by) what is new; what is gone is
 * still in memory until a grace period after.
 *
 * Thread context: the BQL.  Whether somebody is in a transaction is only
 * looked at by threads that hold it: one that does not cannot be in one.
 */
#include "memory/transaction.h"
#include "memory/flatview.h"
#include "memory/ram_block.h"
#include "memory/region.h"
#include "memory/tlb_hooks.h"

/* Commits that listeners may cause by what they change in one. */
#define MAX_ROUNDS 100

static struct {
    unsigned depth GUARDED_BY(bql);
    bool pending GUARDED_BY(bql);
    bool committing GUARDED_BY(bql);
    const void *thread GUARDED_BY(bql); /* who began it, and where */
    const char *file GUARDED_BY(bql);
    int line GUARDED_BY(bql);
} transaction;

static GPtrArray *spaces GUARDED_BY(bql);    /* of AddressSpace* */
static GPtrArray *listeners GUARDED_BY(bql); /* ascending priority */

/* Its address tells threads apart. */
static _Thread_local char this_thread;

/* ---- transactions ------------------------------------------------------- */

/* An address space and its views before and after the commit. */
typedef struct Change {
    AddressSpace *as;
    FlatView *old, *now; /* the same when nothing has changed */
} Change;

/* The view of the address space, for whoever may change it. */
static FlatView *NO_TSA REQUIRES(bql) current_view(AddressSpace *as)
{
    /* Not in an RCU section: only holders of the BQL replace it. */
    return vm_rcu_dereference(&as->current_map);
}

static void NO_TSA REQUIRES(bql) publish(AddressSpace *as, FlatView *view)
{
    /* TSA takes a publication for a write that excludes readers. */
    vm_rcu_assign(&as->current_map, view);
}

/*
 * Renders each root once.  A view like the old one is dropped in favour of
 * that, so that its readers' caches stay as good as they were.
 */
static Change *REQUIRES(bql) render_all(bool *ret_changed)
{
    Change *changes = g_new(Change, spaces->len);
    GHashTable *views = g_hash_table_new(NULL, NULL); /* root: view */

    *ret_changed = false;
    for (unsigned i = 0; i < spaces->len; i++) {
        AddressSpace *as = g_ptr_array_index(spaces, i);
        MemoryRegion *root = flatview_root(as->root);
        FlatView *old = current_view(as);
        FlatView *now = g_hash_table_lookup(views, root);
        bool first = !now;

        if (first) {
            now = flatview_render(root);
        }
        if (now != old && flatview_ranges_equal(old, now)) {
            if (first && flatview_ioeventfds_equal(old, now)) {
                flatview_unref(now);
                now = old;
            }
        } else if (now != old) {
            *ret_changed = true;
        }
        if (first) {
            g_hash_table_insert(views, root, now);
        }
        /* The table's reference is the first one's: */
        if (!first && now != old) {
            flatview_ref(now);
        }
        changes[i] = (Change){ as, old, now };
    }
    g_hash_table_destroy(views);
    return changes;
}

static const Change *find_change(const Change *changes, unsigned n,
                                 const AddressSpace *as)
{
    for (unsigned i = 0; i < n; i++) {
        if (changes[i].as == as) {
            return &changes[i];
        }
    }
    return NULL;
}

static const FlatView empty_view = { .refs = 1 };

static void REQUIRES(bql)
tell(MemoryListener *l, const Change *changes, unsigned n, ListenerPass pass)
{
    const Change *c = find_change(changes, n, l->as);

    /* An address space made by a listener just now: nothing has changed. */
    if (c) {
        memory_listener_tell(l, l->told ? c->old : &empty_view, c->now, pass);
    }
}

static void REQUIRES(bql) tell_all(const Change *changes, unsigned n)
{
    MemoryListener *l;

    for (unsigned i = 0; i < listeners->len; i++) {
        l = g_ptr_array_index(listeners, i);
        if (l->begin) {
            l->begin(l);
        }
    }
    for (unsigned i = listeners->len; i-- > 0;) {
        tell(g_ptr_array_index(listeners, i), changes, n, LISTENER_DEL);
    }
    for (unsigned i = 0; i < listeners->len; i++) {
        l = g_ptr_array_index(listeners, i);
        tell(l, changes, n, LISTENER_ADD);
        l->told = true;
    }
    for (unsigned i = 0; i < listeners->len; i++) {
        l = g_ptr_array_index(listeners, i);
        if (l->commit) {
            l->commit(l);
        }
    }
}

static void REQUIRES(bql) commit_once(void)
{
    unsigned n = spaces ? spaces->len : 0;
    Change *changes;
    bool changed;

    if (!n) {
        return;
    }
    changes = render_all(&changed);
    for (unsigned i = 0; i < n; i++) {
        if (changes[i].now != changes[i].old) {
            publish(changes[i].as, changes[i].now);
        }
    }
    if (changed) {
        tlb_hooks_flush_all();
    }
    if (listeners) {
        tell_all(changes, n);
    }
    for (unsigned i = 0; i < n; i++) {
        if (changes[i].now != changes[i].old) {
            flatview_unref_rcu(changes[i].old);
        }
    }
    g_free(changes);
}

/* What listeners change in one commit is the next one. */
static void REQUIRES(bql) commit_rounds(void)
{
    for (unsigned round = 0; transaction.pending; round++) {
        if (round == MAX_ROUNDS) {
            memory_bug("memory listeners change memory at every commit");
        }
        transaction.pending = false;
        commit_once();
    }
}

void NO_TSA memory_region_transaction_begin_at(const char *file, int line)
{
    /* NO_TSA: the token stands for the counter, there is nothing to take. */
    GLOBAL_STATE_CODE();
    if (!transaction.depth++) {
        transaction.thread = &this_thread;
        transaction.file = file;
        transaction.line = line;
    }
}

void NO_TSA memory_region_transaction_commit(void)
{
    GLOBAL_STATE_CODE();
    if (!transaction.depth) {
        memory_bug("a memory transaction is committed that was not begun");
    }
    if (--transaction.depth || !transaction.pending ||
        transaction.committing) {
        return;
    }
    transaction.committing = true;
    commit_rounds();
    transaction.committing = false;
}

unsigned memory_region_transaction_depth(void)
{
    GLOBAL_STATE_CODE();
    return transaction.depth;
}

void memory_region_changed(bool visible)
{
    GLOBAL_STATE_CODE();
    transaction.pending |= visible;
}

#ifdef HOLDFAST_DEBUG_CHECKS

void memory_transaction_check(const AddressSpace *as, const char *file,
                              int line)
{
    if (!vm_mutex_held(&bql)) {
        return;
    }
    ASSERT_HELD(&bql);
    if (transaction.depth && transaction.thread == &this_thread) {
        memory_bug("%s:%d: the flat view of \"%s\" is read in the memory "
                   "transaction that was begun at %s:%d", file, line,
                   as->name, transaction.file, transaction.line);
    }
}

bool memory_views_are_current(void)
{
    if (!vm_mutex_held(&bql)) {
        return false;
    }
    ASSERT_HELD(&bql);
    return !transaction.depth && !transaction.committing;
}

#endif

/* ---- address spaces ----------------------------------------------------- */

void NO_TSA address_space_init(AddressSpace *as, MemoryRegion *root,
                               const char *name)
{
    MemoryRegion *shared = flatview_root(root);
    FlatView *view = NULL;

    /* NO_TSA: nobody reads the view of a new address space yet. */
    GLOBAL_STATE_CODE();
    if (!spaces) {
        spaces = g_ptr_array_new();
    }
    for (unsigned i = 0; !transaction.pending && i < spaces->len; i++) {
        AddressSpace *other = g_ptr_array_index(spaces, i);

        if (flatview_root(other->root) == shared) {
            view = flatview_ref(current_view(other));
            break;
        }
    }
    *as = (AddressSpace){
        .name = g_strdup(name),
        .root = root,
        .listeners = g_ptr_array_new(),
    };
    publish(as, view ? view : flatview_render(shared));
    g_ptr_array_add(spaces, as);
}

void address_space_destroy(AddressSpace *as)
{
    GLOBAL_STATE_CODE();
    if (!as->name) {
        return;
    }
    if (as->listeners->len) {
        memory_bug("address space \"%s\" is destroyed while it has "
                   "listeners", as->name);
    }
    g_ptr_array_remove(spaces, as);
    flatview_unref_rcu(current_view(as));
    vm_rcu_call(g_free, as->name);
    as->name = NULL;
    g_ptr_array_free(as->listeners, TRUE);
    if (!spaces->len) {
        g_ptr_array_free(spaces, TRUE);
        spaces = NULL;
    }
}

bool address_space_foreach(bool (*fn)(AddressSpace *as, void *opaque),
                           void *opaque)
{
    GLOBAL_STATE_CODE();
    for (unsigned i = 0; spaces && i < spaces->len; i++) {
        if (fn(g_ptr_array_index(spaces, i), opaque)) {
            return true;
        }
    }
    return false;
}

void memory_region_check_no_root(const MemoryRegion *mr)
{
    GLOBAL_STATE_CODE();
    for (unsigned i = 0; spaces && i < spaces->len; i++) {
        const AddressSpace *as = g_ptr_array_index(spaces, i);

        if (as->root == mr) {
            memory_bug("memory region \"%s\" is finalized while it is the "
                       "root of address space \"%s\"", mr->name, as->name);
        }
    }
}

/* ---- listeners ---------------------------------------------------------- */

static void insert_listener(GPtrArray *array, MemoryListener *l)
{
    unsigned i = 0;

    while (i < array->len &&
           ((MemoryListener *)g_ptr_array_index(array, i))->priority <=
           l->priority) {
        i++;
    }
    g_ptr_array_insert(array, (int)i, l);
}

static void REQUIRES(bql) check_not_committing(const MemoryListener *l)
{
    if (transaction.committing) {
        memory_bug("memory listener \"%s\" comes or goes within a commit",
                   l->name);
    }
}

/*
 * All of a view appears to one listener, or goes.  Like a commit: what the
 * listener changes comes after it, so that the views stay as they are here.
 */
static void REQUIRES(bql)
tell_one(MemoryListener *l, const FlatView *old, const FlatView *now)
{
    transaction.committing = true;
    if (l->begin) {
        l->begin(l);
    }
    memory_listener_tell(l, old, now, LISTENER_DEL);
    memory_listener_tell(l, old, now, LISTENER_ADD);
    if (l->commit) {
        l->commit(l);
    }
    if (!transaction.depth) {
        commit_rounds();
    }
    transaction.committing = false;
}

void memory_listener_register(MemoryListener *l, AddressSpace *as)
{
    GLOBAL_STATE_CODE();
    check_not_committing(l);
    if (l->as) {
        memory_bug("memory listener \"%s\" is registered twice", l->name);
    }
    l->as = as;
    if (!listeners) {
        listeners = g_ptr_array_new();
    }
    insert_listener(listeners, l);
    insert_listener(as->listeners, l);
    l->told = !transaction.depth;
    if (l->told) {
        tell_one(l, &empty_view, current_view(as));
    } else {
        memory_region_changed(true);
    }
}

void memory_listener_unregister(MemoryListener *l)
{
    GLOBAL_STATE_CODE();
    if (!l->as) {
        return;
    }
    check_not_committing(l);
    g_ptr_array_remove(listeners, l);
    g_ptr_array_remove(l->as->listeners, l);
    if (l->told) {
        tell_one(l, current_view(l->as), &empty_view);
    }
    if (!listeners->len) {
        g_ptr_array_free(listeners, TRUE);
        listeners = NULL;
    }
    l->as = NULL;
    l->told = false;
}
