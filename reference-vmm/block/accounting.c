/* SPDX-License-Identifier: MIT */
/*
 * accounting.c - see accounting.h.
 *
 * Thread context: any.
 */
#include "block/accounting.h"

void block_acct_init(BlockAcctStats *stats)
{
    IO_CODE();
    *stats = (BlockAcctStats){ 0 };
    vm_mutex_init(&stats->lock, "block accounting", RANK_BLOCK_ACCT);
}

void block_acct_destroy(BlockAcctStats *stats)
{
    IO_CODE();
    vm_mutex_destroy(&stats->lock);
}

void block_acct_start(BlockAcctStats *stats, BlockAcctCookie *cookie,
                      int64_t bytes, BlockAcctType type)
{
    IO_CODE();
    *cookie = (BlockAcctCookie){ bytes, vm_clock_ns(), type };
}

static void account(BlockAcctStats *stats, BlockAcctCookie *cookie,
                    bool failed)
{
    int64_t now = vm_clock_ns();
    BlockAcctType type = cookie->type;

    if (type == BLOCK_ACCT_NONE) {
        return;
    }
    vm_mutex_lock(&stats->lock);
    if (failed) {
        stats->failed_ops[type]++;
    } else {
        stats->nr_bytes[type] += (uint64_t)cookie->bytes;
        stats->nr_ops[type]++;
    }
    stats->total_time_ns[type] += (uint64_t)(now - cookie->start_time_ns);
    stats->last_access_time_ns = now;
    vm_mutex_unlock(&stats->lock);
    cookie->type = BLOCK_ACCT_NONE;
}

void block_acct_done(BlockAcctStats *stats, BlockAcctCookie *cookie)
{
    IO_CODE();
    account(stats, cookie, false);
}

void block_acct_failed(BlockAcctStats *stats, BlockAcctCookie *cookie)
{
    IO_CODE();
    account(stats, cookie, true);
}

void block_acct_invalid(BlockAcctStats *stats, BlockAcctType type)
{
    IO_CODE();
    vm_mutex_lock(&stats->lock);
    stats->invalid_ops[type]++;
    stats->last_access_time_ns = vm_clock_ns();
    vm_mutex_unlock(&stats->lock);
}

void block_acct_merge_done(BlockAcctStats *stats, BlockAcctType type, int n)
{
    IO_CODE();
    vm_mutex_lock(&stats->lock);
    stats->merged[type] += (uint64_t)n;
    vm_mutex_unlock(&stats->lock);
}

JsonObject *block_acct_to_json(BlockAcctStats *stats)
{
    static const struct {
        const char *prefix;
        BlockAcctType type;
    } types[] = {
        { "rd", BLOCK_ACCT_READ }, { "wr", BLOCK_ACCT_WRITE },
        { "unmap", BLOCK_ACCT_UNMAP }, { "flush", BLOCK_ACCT_FLUSH },
    };
    JsonObject *o = json_object_new();

    IO_CODE();
    vm_mutex_lock(&stats->lock);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        BlockAcctType t = types[i].type;
        const char *p = types[i].prefix;
        struct {
            const char *name;
            uint64_t value;
        } numbers[] = {
            { "%s_operations", stats->nr_ops[t] },
            { "%s_total_time_ns", stats->total_time_ns[t] },
            { "%s_merged", stats->merged[t] },
            { "%s_bytes", stats->nr_bytes[t] },
            { "failed_%s_operations", stats->failed_ops[t] },
            { "invalid_%s_operations", stats->invalid_ops[t] },
        };
        /* A flush has no bytes, nor is it merged. */
        for (size_t j = 0; j < G_N_ELEMENTS(numbers); j++) {
            GString *name = g_string_new(numbers[j].name);

            if (t != BLOCK_ACCT_FLUSH || (j != 2 && j != 3)) {
                g_string_replace(name, "%s", p, 1);
                json_object_set_int_member(o, name->str,
                                           (gint64)numbers[j].value);
            }
            g_string_free(name, TRUE);
        }
    }
    if (stats->last_access_time_ns) {
        json_object_set_int_member(o, "idle_time_ns",
            vm_clock_ns() - stats->last_access_time_ns);
    }
    json_object_set_boolean_member(o, "account_invalid", TRUE);
    json_object_set_boolean_member(o, "account_failed", TRUE);
    vm_mutex_unlock(&stats->lock);
    json_object_set_array_member(o, "timed_stats", json_array_new());
    return o;
}
