/* SPDX-License-Identifier: MIT */
/*
 * perm.c - what parents do with a node, and what they let others do.
 *
 * A change at one edge changes what the node needs of its children, and so on
 * down.  All of it is computed and checked first, in new_perm and new_shared
 * of the edges, nodes before their children; then it is made so, or dropped.
 *
 * Thread context: under the BQL, no coroutine.
 */
#include "block/block_int.h"
#include <string.h>

static const char *const perm_names[] = {
    "consistent read", "write", "write unchanged", "resize",
};

char *bdrv_perm_names(uint64_t perm)
{
    GString *names = g_string_new(NULL);

    IO_CODE();
    for (size_t i = 0; i < G_N_ELEMENTS(perm_names); i++) {
        if (perm & (1u << i)) {
            g_string_append_printf(names, "%s%s", names->len ? ", " : "",
                                   perm_names[i]);
        }
    }
    return g_string_free(names, FALSE);
}

void bdrv_get_cumulative_perm(BlockDriverState *bs, uint64_t *perm,
                              uint64_t *shared)
{
    GLOBAL_STATE_CODE();
    *perm = 0;
    *shared = BLK_PERM_ALL;
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        *perm |= c->perm;
        *shared &= c->shared_perm;
    }
}

/* ---- what drivers need of their children -------------------------------- */

static void perms_for_cow(uint64_t perm, uint64_t shared, uint64_t *nperm,
                          uint64_t *nshared)
{
    *nperm = perm & BLK_PERM_CONSISTENT_READ;
    /* What shows through the overlay must stay, unless those above do not
     * mind either. */
    *nshared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;
    if (shared & BLK_PERM_WRITE) {
        *nshared |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
    }
}

static void perms_for_storage(BlockDriverState *bs, BdrvChildRole role,
                              uint64_t perm, uint64_t shared,
                              uint64_t *nperm, uint64_t *nshared)
{
    if (role & BDRV_CHILD_METADATA) {
        /* Nobody else may touch what the driver keeps in memory. */
        if (!bs->read_only) {
            perm |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
        }
        if (!(bs->open_flags & BDRV_O_NO_IO)) {
            perm |= BLK_PERM_CONSISTENT_READ;
            shared &= ~(uint64_t)BLK_PERM_WRITE;
        }
        shared &= ~(uint64_t)BLK_PERM_RESIZE;
    }
    if (role & BDRV_CHILD_DATA) {
        /* A write may need new room; what lies where is the driver's. */
        if (perm & (BLK_PERM_WRITE | BLK_PERM_WRITE_UNCHANGED)) {
            perm |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
        }
    }
    *nperm = perm;
    *nshared = shared;
}

void bdrv_default_perms(BlockDriverState *bs, BdrvChild *c,
                        BdrvChildRole role, uint64_t parent_perm,
                        uint64_t parent_shared, uint64_t *nperm,
                        uint64_t *nshared)
{
    GLOBAL_STATE_CODE();
    if (role & BDRV_CHILD_COW) {
        perms_for_cow(parent_perm, parent_shared, nperm, nshared);
    } else if (role & BDRV_CHILD_FILTERED) {
        *nperm = parent_perm;
        *nshared = parent_shared;
    } else {
        perms_for_storage(bs, role, parent_perm, parent_shared, nperm,
                          nshared);
    }
}

void bdrv_child_perm(BlockDriverState *bs, BdrvChild *c, uint64_t perm,
                     uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    GLOBAL_STATE_CODE();
    if (bs->drv->bdrv_child_perm) {
        bs->drv->bdrv_child_perm(bs, c, c->role, perm, shared, nperm,
                                 nshared);
    } else {
        bdrv_default_perms(bs, c, c->role, perm, shared, nperm, nshared);
    }
    if (bs->force_share) {
        *nshared = BLK_PERM_ALL;
    }
}

/* ---- an update ---------------------------------------------------------- */

/* Nodes below bs, and bs, children first. */
static void visit(BlockDriverState *bs, GPtrArray *order, GHashTable *seen)
    GRAPH_RDLOCK;
static void visit(BlockDriverState *bs, GPtrArray *order, GHashTable *seen)
{
    if (!g_hash_table_add(seen, bs)) {
        return;
    }
    for (BdrvChild *c = bs->children; c; c = c->next_child) {
        visit(c->bs, order, seen);
    }
    g_ptr_array_add(order, bs);
}

static char *parent_desc(BdrvChild *c) GRAPH_RDLOCK GS_FN;
static char *parent_desc(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    return c->klass->get_parent_desc(c);
}

static void set_conflict(GError **error, BdrvChild *holder, BdrvChild *wants)
    GRAPH_RDLOCK GS_FN;
static void set_conflict(GError **error, BdrvChild *holder, BdrvChild *wants)
{
    g_autofree char *names =
        bdrv_perm_names(wants->new_perm & ~holder->new_shared);
    g_autofree char *h = NULL, *w = NULL;

    GLOBAL_STATE_CODE();
    h = parent_desc(holder);
    w = parent_desc(wants);
    g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                "node '%s' is used as '%s' by %s, which does not allow '%s' "
                "on it; %s needs that for its '%s'",
                wants->bs->node_name, holder->name, h, names, w,
                wants->name);
}

/* No parent does what another one does not share. */
static bool parents_agree(BlockDriverState *bs, GError **error)
    GRAPH_RDLOCK GS_FN;
static bool parents_agree(BlockDriverState *bs, GError **error)
{
    GLOBAL_STATE_CODE();
    for (BdrvChild *a = bs->parents; a; a = a->next_parent) {
        for (BdrvChild *b = bs->parents; b; b = b->next_parent) {
            if (a != b && (b->new_perm & ~a->new_shared)) {
                set_conflict(error, a, b);
                return false;
            }
        }
        if (bs->read_only &&
            (a->new_perm & (BLK_PERM_WRITE | BLK_PERM_RESIZE |
                            BLK_PERM_WRITE_UNCHANGED))) {
            g_autofree char *desc = NULL;

            desc = parent_desc(a);
            g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                        "node '%s' is read-only, and %s needs to write to it "
                        "(as '%s')", bs->node_name, desc, a->name);
            return false;
        }
    }
    return true;
}

static void new_cumulative(BlockDriverState *bs, uint64_t *perm,
                           uint64_t *shared) GRAPH_RDLOCK;
static void new_cumulative(BlockDriverState *bs, uint64_t *perm,
                           uint64_t *shared)
{
    *perm = 0;
    *shared = BLK_PERM_ALL;
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        *perm |= c->new_perm;
        *shared &= c->new_shared;
    }
}

static bool check_node(BlockDriverState *bs, GError **error)
    GRAPH_RDLOCK GS_FN;
static bool check_node(BlockDriverState *bs, GError **error)
{
    uint64_t perm, shared;

    GLOBAL_STATE_CODE();
    if (!parents_agree(bs, error)) {
        return false;
    }
    new_cumulative(bs, &perm, &shared);
    for (BdrvChild *c = bs->children; c; c = c->next_child) {
        bdrv_child_perm(bs, c, perm, shared, &c->new_perm, &c->new_shared);
    }
    return !bs->drv->bdrv_check_perm ||
           bs->drv->bdrv_check_perm(bs, perm, shared, error);
}

static void commit_node(BlockDriverState *bs) GRAPH_WRLOCK GS_FN;
static void commit_node(BlockDriverState *bs)
{
    uint64_t perm, shared;

    GLOBAL_STATE_CODE();
    new_cumulative(bs, &perm, &shared);
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        c->perm = c->new_perm;
        c->shared_perm = c->new_shared;
    }
    if (bs->drv->bdrv_set_perm) {
        bs->drv->bdrv_set_perm(bs, perm, shared);
    }
}

bool bdrv_update_perms(BlockDriverState *bs, BdrvChild *changed,
                       GError **error)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    guint i;

    GLOBAL_STATE_CODE();
    visit(bs, order, seen);
    for (i = 0; i < order->len; i++) {
        BlockDriverState *node = order->pdata[i];

        for (BdrvChild *c = node->parents; c; c = c->next_parent) {
            if (c != changed) {
                c->new_perm = c->perm;
                c->new_shared = c->shared_perm;
            }
        }
    }
    for (i = order->len; i-- > 0;) {
        if (!check_node(order->pdata[i], error)) {
            break;
        }
    }
    if (i != G_MAXUINT) {
        /* Those above have been checked; this one undid what it did. */
        while (++i < order->len) {
            BlockDriverState *node = order->pdata[i];

            if (node->drv->bdrv_abort_perm_update) {
                node->drv->bdrv_abort_perm_update(node);
            }
        }
        return false;
    }
    for (i = order->len; i-- > 0;) {
        commit_node(order->pdata[i]);
    }
    return true;
}

bool bdrv_child_try_set_perm(BdrvChild *c, uint64_t perm, uint64_t shared,
                             GError **error)
{
    bool ok;

    GLOBAL_STATE_CODE();
    bdrv_graph_wrlock();
    c->new_perm = perm;
    c->new_shared = shared;
    ok = bdrv_update_perms(c->bs, c, error);
    bdrv_graph_wrunlock();
    return ok;
}

bool bdrv_child_refresh_perms(BlockDriverState *bs, GError **error)
{
    bool ok;

    GLOBAL_STATE_CODE();
    bdrv_graph_wrlock();
    ok = bdrv_update_perms(bs, NULL, error);
    bdrv_graph_wrunlock();
    return ok;
}
