/* SPDX-License-Identifier: MIT */
/*
 * blkdebug.c - a filter that makes things go wrong, by rules.
 *
 * A rule waits for an event, a named point in a format driver's work
 * (blkdebug_events.h), in a state of the node, which is a number that is 1 at
 * first.  Then it makes requests fail, changes the state, or stops the
 * request.  An inject-error rule with the event "none" works at once.
 *
 * Thread context: as block_int.h says of each slot; rules under a lock.
 */
#include "block/blkdebug.h"
#include <errno.h>
#include <string.h>

typedef enum Action {
    INJECT_ERROR,
    SET_STATE,
    SUSPEND,
} Action;

enum {
    IO_READ = 1 << 0,
    IO_WRITE = 1 << 1,
    IO_WRITE_ZEROES = 1 << 2,
    IO_DISCARD = 1 << 3,
    IO_FLUSH = 1 << 4,
    IO_BLOCK_STATUS = 1 << 5,
};
#define IOTYPE_VALUES "read|write|write-zeroes|discard|flush|block-status"

#define EVENT_NONE (-1)

typedef struct Rule Rule;
struct Rule {
    Action action;
    int event;     /* BlkdebugEvent or EVENT_NONE */
    int64_t state; /* 0: any */
    bool active;   /* of INJECT_ERROR */
    int error;
    unsigned iotypes;
    int64_t sector; /* -1: any */
    bool once, immediately;
    int64_t new_state;
    char *tag; /* of SUSPEND */
    Rule *next;
};

/* A request that has stopped; on its stack. */
typedef struct Suspended Suspended;
struct Suspended {
    Coroutine *co;
    char *tag; /* owned */
    Suspended *next;
};

typedef struct BlkdebugState {
    VmMutex lock LOCK_RANK(RANK_BLKDEBUG);
    Rule *rules GUARDED_BY(&lock);
    Suspended *suspended GUARDED_BY(&lock);
    int64_t changes GUARDED_BY(&lock); /* the state less 1 */
    BlockLimits limits; /* set when it is opened */
} BlkdebugState;

static const BlockOption blkdebug_options[] = {
    { "inject-error", BLOCK_OPT_ANY, "rules: event, iotype, state, errno, "
      "sector, once, immediately" },
    { "set-state", BLOCK_OPT_ANY, "rules: event, state, new_state" },
    { "suspend", BLOCK_OPT_ANY, "rules: event, state, tag" },
    { "align", BLOCK_OPT_SIZE, "requests are multiples of it" },
    { "max-transfer", BLOCK_OPT_SIZE, "no longer ones" },
    { "opt-write-zero", BLOCK_OPT_SIZE, "alignment of zero writes" },
    { "max-write-zero", BLOCK_OPT_SIZE, "no longer ones" },
    { "opt-discard", BLOCK_OPT_SIZE, "alignment of discards" },
    { "max-discard", BLOCK_OPT_SIZE, "no longer ones" },
    { NULL },
};

static const BlockOption inject_options[] = {
    { "event", BLOCK_OPT_STRING, "when; none: always" },
    { "iotype", BLOCK_OPT_ENUM, "what; default: all but block-status",
      IOTYPE_VALUES },
    { "state", BLOCK_OPT_INT, "only in this one" },
    { "errno", BLOCK_OPT_INT, "the error; default 5, EIO" },
    { "sector", BLOCK_OPT_INT, "only requests that touch it" },
    { "once", BLOCK_OPT_BOOL, "only the first" },
    { "immediately", BLOCK_OPT_BOOL, "without going through the loop" },
    { NULL },
};

static const BlockOption set_state_options[] = {
    { "event", BLOCK_OPT_STRING, "when" },
    { "state", BLOCK_OPT_INT, "only in this one" },
    { "new_state", BLOCK_OPT_INT, "1 and more" },
    { NULL },
};

static const BlockOption suspend_options[] = {
    { "event", BLOCK_OPT_STRING, "when" },
    { "state", BLOCK_OPT_INT, "only in this one" },
    { "tag", BLOCK_OPT_STRING, "its name for blkdebug_resume()" },
    { NULL },
};

/* ---- rules -------------------------------------------------------------- */

static bool parse_event(JsonObject *o, int *ret, GError **error)
{
    const char *name = block_opt_string(o, "event");

    *ret = EVENT_NONE;
    if (!name || strcmp(name, "none") == 0) {
        return true;
    }
    for (int i = 0; i < BLKDBG__MAX; i++) {
        if (strcmp(blkdebug_event_name((BlkdebugEvent)i), name) == 0) {
            *ret = i;
            return true;
        }
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "driver 'blkdebug': there is no event '%s'", name);
    return false;
}

static void add_rule(BlkdebugState *s, const Rule *rule)
{
    Rule *copy = g_memdup2(rule, sizeof(*rule));
    Rule **p;

    vm_mutex_lock(&s->lock);
    for (p = &s->rules; *p; p = &(*p)->next) {
    }
    *p = copy;
    vm_mutex_unlock(&s->lock);
}

static bool parse_rule(BlkdebugState *s, Action action, JsonObject *o,
                       GError **error)
{
    Rule rule = { .action = action, .sector = -1 };
    int64_t number;
    int iotype = block_opt_enum(o, "iotype", IOTYPE_VALUES, -1);

    if (!parse_event(o, &rule.event, error) ||
        !block_opt_int(o, "state", 0, &rule.state, error) ||
        !block_opt_int(o, "errno", EIO, &number, error) ||
        !block_opt_int(o, "sector", -1, &rule.sector, error) ||
        !block_opt_int(o, "new_state", 0, &rule.new_state, error) ||
        !block_opt_bool(o, "once", false, &rule.once, error) ||
        !block_opt_bool(o, "immediately", false, &rule.immediately, error)) {
        return false;
    }
    if (number <= 0 || number > 4095) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver 'blkdebug': errno is a number from 1 to 4095");
        return false;
    }
    rule.error = (int)number;
    rule.iotypes = iotype >= 0 ? 1u << iotype : IO_BLOCK_STATUS - 1;
    if (action != INJECT_ERROR && rule.event == EVENT_NONE) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver 'blkdebug': the rule needs an 'event'");
        return false;
    }
    if (action == SUSPEND) {
        rule.tag = g_strdup(block_opt_string(o, "tag"));
        rule.tag = rule.tag ? rule.tag : g_strdup("");
    }
    rule.active = rule.event == EVENT_NONE;
    add_rule(s, &rule);
    return true;
}

static bool parse_rules(BlkdebugState *s, JsonObject *options,
                        const char *name, Action action,
                        const BlockOption *table, GError **error)
{
    const BlockOption *const tables[] = { table, NULL };
    JsonNode *node = json_object_get_member(options, name);
    g_autofree char *who = g_strdup_printf("driver 'blkdebug': %s", name);
    JsonArray *array;

    if (!node) {
        return true;
    }
    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s is a list", who);
        return false;
    }
    array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);

        if (!JSON_NODE_HOLDS_OBJECT(element)) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "%s is a list of objects", who);
            return false;
        }
        if (!block_opts_check(json_node_get_object(element), who, tables,
                              error) ||
            !parse_rule(s, action, json_node_get_object(element), error)) {
            return false;
        }
    }
    return true;
}

static void rule_free(Rule *rule)
{
    g_free(rule->tag);
    g_free(rule);
}

static void free_rules(BlkdebugState *s)
{
    Rule *list, *next;

    vm_mutex_lock(&s->lock);
    list = s->rules;
    s->rules = NULL;
    vm_mutex_unlock(&s->lock);
    for (; list; list = next) {
        next = list->next;
        rule_free(list);
    }
    vm_mutex_destroy(&s->lock);
}

/* ---- opening ------------------------------------------------------------ */

static bool read_limit(JsonObject *options, const char *name, bool power,
                       int64_t *ret, GError **error)
{
    if (!block_opt_size(options, name, 0, ret, error)) {
        return false;
    }
    if (*ret > (1 << 30) || (power && (*ret & (*ret - 1)))) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver 'blkdebug': %s is %sat most 1 GiB", name,
                    power ? "a power of two, and " : "");
        return false;
    }
    return true;
}

static bool read_limits(BlockLimits *l, JsonObject *options, GError **error)
{
    int64_t align, zero, discard;

    if (!read_limit(options, "align", true, &align, error) ||
        !read_limit(options, "max-transfer", false, &l->max_transfer,
                    error) ||
        !read_limit(options, "opt-write-zero", true, &zero, error) ||
        !read_limit(options, "max-write-zero", false, &l->max_pwrite_zeroes,
                    error) ||
        !read_limit(options, "opt-discard", true, &discard, error) ||
        !read_limit(options, "max-discard", false, &l->max_pdiscard, error)) {
        return false;
    }
    l->request_alignment = (uint32_t)align;
    l->pwrite_zeroes_alignment = (uint32_t)zero;
    l->pdiscard_alignment = (uint32_t)discard;
    return true;
}

static DROPS(bql) bool blkdebug_open(BlockDriverState *bs, JsonObject *options,
                          int flags, GError **error)
{
    BlkdebugState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    vm_mutex_init(&s->lock, "blkdebug", RANK_BLKDEBUG);
    if (!read_limits(&s->limits, options, error) ||
        !parse_rules(s, options, "inject-error", INJECT_ERROR, inject_options,
                     error) ||
        !parse_rules(s, options, "set-state", SET_STATE, set_state_options,
                     error) ||
        !parse_rules(s, options, "suspend", SUSPEND, suspend_options,
                     error) ||
        !bdrv_open_file_child(bs, options, error)) {
        free_rules(s);
        return false;
    }
    bdrv_graph_rdlock_main_loop();
    bs->supported_write_flags = bs->file->bs->supported_write_flags;
    bs->supported_zero_flags = bs->file->bs->supported_zero_flags;
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags;
    bdrv_graph_rdunlock_main_loop();
    return true;
}

static void blkdebug_close(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    free_rules(bs->opaque);
}

static void GRAPH_RDLOCK blkdebug_refresh_limits(BlockDriverState *bs)
{
    const BlkdebugState *s = bs->opaque;
    const BlockLimits *l = &s->limits;

    GLOBAL_STATE_CODE();
    if (l->request_alignment) {
        bs->bl.request_alignment = MAX(bs->bl.request_alignment,
                                       l->request_alignment);
    }
    if (l->max_transfer) {
        bs->bl.max_transfer = l->max_transfer;
    }
    if (l->pwrite_zeroes_alignment) {
        bs->bl.pwrite_zeroes_alignment = l->pwrite_zeroes_alignment;
    }
    if (l->max_pwrite_zeroes) {
        bs->bl.max_pwrite_zeroes = l->max_pwrite_zeroes;
    }
    if (l->pdiscard_alignment) {
        bs->bl.pdiscard_alignment = l->pdiscard_alignment;
    }
    if (l->max_pdiscard) {
        bs->bl.max_pdiscard = l->max_pdiscard;
    }
}

/* ---- events ------------------------------------------------------------- */

static void coroutine_fn suspend_self(BlkdebugState *s, char *tag)
{
    Suspended self = { coroutine_self(), tag, NULL };

    vm_mutex_lock(&s->lock);
    self.next = s->suspended;
    s->suspended = &self;
    vm_mutex_unlock(&s->lock);
    /* blkdebug_resume() takes it from the list. */
    coroutine_yield();
    g_free(tag);
}

/* Under the lock: what the event makes of the rules; the tag to stop with,
 * owned, or NULL. */
static char *apply_event(BlkdebugState *s, BlkdebugEvent event)
    REQUIRES(&s->lock);
static char *apply_event(BlkdebugState *s, BlkdebugEvent event)
{
    int64_t state = s->changes + 1, new_state = state;
    char *tag = NULL;

    for (Rule **p = &s->rules, *r; (r = *p);) {
        bool hit = r->event == (int)event &&
                   (!r->state || r->state == state);

        if (hit && r->action == SUSPEND && !tag) {
            tag = g_strdup(r->tag);
            *p = r->next;
            rule_free(r);
            continue;
        }
        if (r->action == INJECT_ERROR && r->event == (int)event) {
            r->active = hit;
        } else if (hit && r->action == SET_STATE) {
            new_state = r->new_state;
        }
        p = &r->next;
    }
    s->changes = new_state - 1;
    return tag;
}

static void coroutine_fn blkdebug_co_debug_event(BlockDriverState *bs,
                                                 BlkdebugEvent event)
{
    BlkdebugState *s = bs->opaque;
    char *tag;

    IO_CODE();
    vm_mutex_lock(&s->lock);
    tag = apply_event(s, event);
    vm_mutex_unlock(&s->lock);
    if (tag) {
        suspend_self(s, tag);
    }
}

/* The error a request is to fail with, negative, or 0. */
static int coroutine_fn check_rules(BlockDriverState *bs, int64_t offset,
                                    int64_t bytes, unsigned iotype)
{
    BlkdebugState *s = bs->opaque;
    int error = 0;
    bool immediately = true;

    vm_mutex_lock(&s->lock);
    for (Rule **p = &s->rules, *r; (r = *p); p = &r->next) {
        int64_t at = r->sector * BDRV_SECTOR_SIZE;

        if (r->action != INJECT_ERROR || !r->active ||
            !(r->iotypes & iotype) ||
            (r->sector >= 0 && (bytes ? at < offset || at >= offset + bytes
                                      : iotype != IO_FLUSH))) {
            continue;
        }
        error = r->error;
        immediately = r->immediately;
        if (r->once) {
            *p = r->next;
            rule_free(r);
        }
        break;
    }
    vm_mutex_unlock(&s->lock);
    if (!immediately) {
        /* Through the loop, as a real one would come. */
        aio_co_schedule(coroutine_context(coroutine_self()),
                        coroutine_self());
        coroutine_yield();
    }
    return -error;
}

/* ---- requests ----------------------------------------------------------- */

static int coroutine_fn GRAPH_RDLOCK
blkdebug_co_preadv_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                        IoVector *qiov, size_t qiov_offset,
                        BdrvRequestFlags flags)
{
    int ret = check_rules(bs, offset, bytes, IO_READ);

    IO_CODE();
    return ret < 0 ? ret : bdrv_co_preadv_part(bs->file, offset, bytes, qiov,
                                               qiov_offset, flags);
}

static int coroutine_fn GRAPH_RDLOCK
blkdebug_co_pwritev_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                         IoVector *qiov, size_t qiov_offset,
                         BdrvRequestFlags flags)
{
    int ret = check_rules(bs, offset, bytes, IO_WRITE);

    IO_CODE();
    return ret < 0 ? ret : bdrv_co_pwritev_part(bs->file, offset, bytes, qiov,
                                                qiov_offset, flags);
}

static int coroutine_fn GRAPH_RDLOCK
blkdebug_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                          BdrvRequestFlags flags)
{
    uint32_t align = MAX(bs->bl.request_alignment,
                         bs->bl.pwrite_zeroes_alignment);
    int ret;

    IO_CODE();
    /* As a device that only takes whole blocks. */
    if ((offset | bytes) & (align - 1)) {
        return -ENOTSUP;
    }
    ret = check_rules(bs, offset, bytes, IO_WRITE_ZEROES);
    return ret < 0 ? ret
                   : bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn GRAPH_RDLOCK blkdebug_co_pdiscard(BlockDriverState *bs,
                                                          int64_t offset,
                                                          int64_t bytes)
{
    uint32_t align = MAX(bs->bl.request_alignment,
                         bs->bl.pdiscard_alignment);
    int ret;

    IO_CODE();
    if ((offset | bytes) & (align - 1)) {
        return -ENOTSUP;
    }
    ret = check_rules(bs, offset, bytes, IO_DISCARD);
    return ret < 0 ? ret : bdrv_co_pdiscard(bs->file, offset, bytes);
}

static int coroutine_fn blkdebug_co_flush(BlockDriverState *bs)
{
    IO_CODE();
    return check_rules(bs, 0, 0, IO_FLUSH);
}

static int coroutine_fn GRAPH_RDLOCK
blkdebug_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                         int64_t bytes, int64_t *pnum, int64_t *map,
                         BlockDriverState **file)
{
    int ret = check_rules(bs, offset, bytes, IO_BLOCK_STATUS);

    IO_CODE();
    *pnum = bytes;
    *map = offset;
    *file = bs->file->bs;
    return ret < 0 ? ret : BDRV_BLOCK_RAW | BDRV_BLOCK_OFFSET_VALID;
}

/* ---- for tests ---------------------------------------------------------- */

bool blkdebug_break(BlockDriverState *bs, BlkdebugEvent event,
                    const char *tag)
{
    Rule rule = { .action = SUSPEND, .event = (int)event, .sector = -1 };

    GLOBAL_STATE_CODE();
    if (bs->drv != &bdrv_blkdebug) {
        return false;
    }
    rule.tag = g_strdup(tag);
    add_rule(bs->opaque, &rule);
    return true;
}

bool blkdebug_is_suspended(BlockDriverState *bs, const char *tag)
{
    BlkdebugState *s = bs->opaque;
    bool found = false;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&s->lock);
    for (Suspended *r = s->suspended; r; r = r->next) {
        found = found || strcmp(r->tag, tag) == 0;
    }
    vm_mutex_unlock(&s->lock);
    return found;
}

bool blkdebug_resume(BlockDriverState *bs, const char *tag)
{
    BlkdebugState *s = bs->opaque;
    Suspended *wake = NULL;
    bool found;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&s->lock);
    for (Suspended **p = &s->suspended, *r; (r = *p);) {
        if (strcmp(r->tag, tag) == 0) {
            *p = r->next;
            r->next = wake;
            wake = r;
        } else {
            p = &r->next;
        }
    }
    vm_mutex_unlock(&s->lock);
    found = wake != NULL;
    while (wake) {
        Suspended *next = wake->next;

        /* Gone once it runs. */
        aio_co_wake(wake->co);
        wake = next;
    }
    return found;
}

const BlockDriver bdrv_blkdebug = {
    .format_name = "blkdebug",
    .instance_size = sizeof(BlkdebugState),
    .is_filter = true,
    .file_child_name = "image",
    .options = blkdebug_options,
    .bdrv_open = blkdebug_open,
    .bdrv_close = blkdebug_close,
    .bdrv_refresh_limits = blkdebug_refresh_limits,
    .bdrv_co_preadv_part = blkdebug_co_preadv_part,
    .bdrv_co_pwritev_part = blkdebug_co_pwritev_part,
    .bdrv_co_pwrite_zeroes = blkdebug_co_pwrite_zeroes,
    .bdrv_co_pdiscard = blkdebug_co_pdiscard,
    .bdrv_co_flush_to_disk = blkdebug_co_flush,
    .bdrv_co_block_status = blkdebug_co_block_status,
    .bdrv_co_debug_event = blkdebug_co_debug_event,
};
