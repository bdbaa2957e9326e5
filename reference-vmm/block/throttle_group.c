/* SPDX-License-Identifier: MIT */
/*
 * throttle_group.c - see throttle_group.h.
 *
 * Each limit is a bucket that leaks at the rate allowed.  A request goes on
 * when no bucket it belongs to is above its capacity, and then fills them; so
 * a single request may be longer than a bucket is deep.  During a burst a
 * second bucket bounds the rate of the burst itself.
 *
 * Of the requests of one direction the first one waits on a timer, and the
 * others behind it on a CoMutex, which is fair.
 *
 * Thread context: as the header says.
 */
#include "block/throttle_group.h"
#include "base/co_lock.h"
#include "block/options.h"
#include <string.h>

#define NS 1000000000.0

enum { TOTAL, READ, WRITE, N_SCOPES };
enum { BPS, IOPS, N_UNITS };

typedef struct Bucket {
    int64_t avg;          /* per second; 0: no limit */
    int64_t max;          /* during a burst; 0: no bursts */
    int64_t burst_length; /* seconds */
    double level, burst_level;
} Bucket;


struct ThrottleGroup {
    char *id;
    int refcnt; /* BQL; 1 is the list's */
    VmMutex lock LOCK_RANK(RANK_THROTTLE);
    Bucket buckets[N_UNITS][N_SCOPES] GUARDED_BY(&lock);
    int64_t iops_size GUARDED_BY(&lock);
    int64_t last_leak_ns GUARDED_BY(&lock);
    int bypass GUARDED_BY(&lock);
    Coroutine *sleeper[2] GUARDED_BY(&lock); /* NULL: none, or woken */
    CoMutex turn[2]; /* [is_write] */
    ThrottleGroup *next; /* BQL */
};

static ThrottleGroup *groups GUARDED_BY(bql);

static const char *const unit_names[N_UNITS] = { "bps", "iops" };
static const char *const scope_names[N_SCOPES] = { "total", "read", "write" };

static const BlockOption limit_options[] = {
#define LIMIT(name)                                          \
    { name, BLOCK_OPT_SIZE, "average rate" },                \
    { name "-max", BLOCK_OPT_SIZE, "rate during a burst" },  \
    { name "-max-length", BLOCK_OPT_INT, "seconds of a burst" }
    LIMIT("bps-total"), LIMIT("bps-read"), LIMIT("bps-write"),
    LIMIT("iops-total"), LIMIT("iops-read"), LIMIT("iops-write"),
#undef LIMIT
    { "iops-size", BLOCK_OPT_SIZE, "bytes that count as one request" },
    { NULL },
};

/* ---- groups ------------------------------------------------------------- */

static ThrottleGroup *find(const char *id)
{
    GLOBAL_STATE_CODE();
    for (ThrottleGroup *g = groups; g; g = g->next) {
        if (strcmp(g->id, id) == 0) {
            return g;
        }
    }
    return NULL;
}

ThrottleGroup *throttle_group_get(const char *id)
{
    ThrottleGroup *g = find(id);

    GLOBAL_STATE_CODE();
    if (g) {
        g->refcnt++;
    }
    return g;
}

void throttle_group_put(ThrottleGroup *g)
{
    GLOBAL_STATE_CODE();
    if (g && --g->refcnt == 0) {
        vm_mutex_destroy(&g->lock);
        co_mutex_destroy(&g->turn[0]);
        co_mutex_destroy(&g->turn[1]);
        g_free(g->id);
        g_free(g);
    }
}

static bool read_bucket(Bucket *b, const char *name, JsonObject *limits,
                        GError **error)
{
    g_autofree char *max = g_strdup_printf("%s-max", name);
    g_autofree char *length = g_strdup_printf("%s-max-length", name);

    if (!block_opt_size(limits, name, b->avg, &b->avg, error) ||
        !block_opt_size(limits, max, b->max, &b->max, error) ||
        !block_opt_int(limits, length, b->burst_length, &b->burst_length,
                       error)) {
        return false;
    }
    if (b->avg > 1000000000000000 || b->max > 1000000000000000 ||
        b->burst_length > 1000000) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "limit '%s' is too large", name);
        return false;
    }
    if (b->max && b->max < b->avg) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "limit '%s' is below '%s'", max, name);
        return false;
    }
    if ((b->max && !b->avg) || (b->burst_length > 1 && !b->max)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "limit '%s' needs '%s'", b->max ? max : length,
                    b->max ? name : max);
        return false;
    }
    return true;
}

static bool check_scopes(Bucket b[N_SCOPES], const char *unit,
                         GError **error)
{
    if (b[TOTAL].avg && (b[READ].avg || b[WRITE].avg)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "limits '%s-total' and '%s-read' or '%s-write' exclude "
                    "each other", unit, unit, unit);
        return false;
    }
    return true;
}

static bool configure(ThrottleGroup *g, JsonObject *limits, GError **error)
{
    const BlockOption *const tables[] = { limit_options, NULL };
    Bucket buckets[N_UNITS][N_SCOPES];
    int64_t iops_size;

    if (!block_opts_check(limits, "throttle group", tables, error)) {
        return false;
    }
    vm_mutex_lock(&g->lock);
    memcpy(buckets, g->buckets, sizeof(buckets));
    iops_size = g->iops_size;
    vm_mutex_unlock(&g->lock);
    if (!block_opt_size(limits, "iops-size", iops_size, &iops_size, error)) {
        return false;
    }
    for (int u = 0; u < N_UNITS; u++) {
        for (int s = 0; s < N_SCOPES; s++) {
            g_autofree char *name = g_strdup_printf("%s-%s", unit_names[u],
                                                    scope_names[s]);

            if (!read_bucket(&buckets[u][s], name, limits, error)) {
                return false;
            }
            buckets[u][s].level = 0;
            buckets[u][s].burst_level = 0;
        }
        if (!check_scopes(buckets[u], unit_names[u], error)) {
            return false;
        }
    }
    vm_mutex_lock(&g->lock);
    memcpy(g->buckets, buckets, sizeof(buckets));
    g->iops_size = iops_size;
    g->last_leak_ns = vm_clock_get_ns(VM_CLOCK_REALTIME);
    vm_mutex_unlock(&g->lock);
    return true;
}

bool throttle_group_new(const char *id, JsonObject *limits, GError **error)
{
    ThrottleGroup *g;

    GLOBAL_STATE_CODE();
    if (find(id)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "there is already a throttle group '%s'", id);
        return false;
    }
    g = g_new0(ThrottleGroup, 1);
    g->id = g_strdup(id);
    g->refcnt = 1;
    vm_mutex_init(&g->lock, "throttle group", RANK_THROTTLE);
    co_mutex_init(&g->turn[0]);
    co_mutex_init(&g->turn[1]);
    vm_mutex_lock(&g->lock);
    for (int i = 0; i < N_UNITS * N_SCOPES; i++) {
        g->buckets[i / N_SCOPES][i % N_SCOPES].burst_length = 1;
    }
    vm_mutex_unlock(&g->lock);
    if (!configure(g, limits, error)) {
        throttle_group_put(g);
        return false;
    }
    g->next = groups;
    groups = g;
    return true;
}

/* Wakes the first of a direction, if it waits. */
static void wake(ThrottleGroup *g, int direction)
{
    Coroutine *co;

    vm_mutex_lock(&g->lock);
    co = g->sleeper[direction];
    g->sleeper[direction] = NULL;
    vm_mutex_unlock(&g->lock);
    if (co) {
        aio_co_wake(co);
    }
}

static void wake_read(void *opaque)
{
    wake(opaque, 0);
}

static void wake_write(void *opaque)
{
    wake(opaque, 1);
}

bool throttle_group_configure(const char *id, JsonObject *limits,
                              GError **error)
{
    ThrottleGroup *g = find(id);

    GLOBAL_STATE_CODE();
    if (!g) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is no throttle group '%s'", id);
        return false;
    }
    if (!configure(g, limits, error)) {
        return false;
    }
    /* They look at the new limits. */
    wake(g, 0);
    wake(g, 1);
    return true;
}

bool throttle_group_del(const char *id, GError **error)
{
    GLOBAL_STATE_CODE();
    for (ThrottleGroup **p = &groups, *g; (g = *p); p = &g->next) {
        if (strcmp(g->id, id) != 0) {
            continue;
        }
        if (g->refcnt > 1) {
            g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                        "throttle group '%s' is in use", id);
            return false;
        }
        *p = g->next;
        throttle_group_put(g);
        return true;
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "there is no throttle group '%s'", id);
    return false;
}

JsonObject *throttle_group_limits(const char *id)
{
    ThrottleGroup *g = find(id);
    JsonObject *o;

    GLOBAL_STATE_CODE();
    if (!g) {
        return NULL;
    }
    o = json_object_new();
    vm_mutex_lock(&g->lock);
    for (int u = 0; u < N_UNITS; u++) {
        for (int s = 0; s < N_SCOPES; s++) {
            const Bucket *b = &g->buckets[u][s];
            g_autofree char *name = g_strdup_printf("%s-%s", unit_names[u],
                                                    scope_names[s]);
            g_autofree char *max = g_strdup_printf("%s-max", name);
            g_autofree char *length = g_strdup_printf("%s-length", max);

            json_object_set_int_member(o, name, b->avg);
            json_object_set_int_member(o, max, b->max);
            json_object_set_int_member(o, length, b->burst_length);
        }
    }
    json_object_set_int_member(o, "iops-size", g->iops_size);
    vm_mutex_unlock(&g->lock);
    return o;
}

void throttle_group_bypass_begin(ThrottleGroup *g)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&g->lock);
    g->bypass++;
    vm_mutex_unlock(&g->lock);
    wake(g, 0);
    wake(g, 1);
}

void throttle_group_bypass_end(ThrottleGroup *g)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&g->lock);
    g->bypass--;
    vm_mutex_unlock(&g->lock);
}

/* ---- requests ----------------------------------------------------------- */

static void leak(ThrottleGroup *g) REQUIRES(&g->lock);
static void leak(ThrottleGroup *g)
{
    int64_t now = vm_clock_get_ns(VM_CLOCK_REALTIME);
    double seconds = (double)(now - g->last_leak_ns) / NS;

    g->last_leak_ns = now;
    for (int i = 0; i < N_UNITS * N_SCOPES; i++) {
        Bucket *b = &g->buckets[i / N_SCOPES][i % N_SCOPES];

        b->level = MAX(b->level - seconds * (double)b->avg, 0);
        b->burst_level = MAX(b->burst_level - seconds * (double)b->max, 0);
    }
}

/* How long until the bucket takes another request. */
static double bucket_wait_ns(ThrottleGroup *g, int unit, int scope)
    REQUIRES(&g->lock);
static double bucket_wait_ns(ThrottleGroup *g, int unit, int scope)
{
    const Bucket *b = &g->buckets[unit][scope];
    double capacity, burst = 0, wait;

    if (!b->avg) {
        return 0;
    }
    /* Without bursts: what comes in a tenth of a second, at once. */
    capacity = b->max ? (double)b->max * (double)b->burst_length
                      : (double)b->avg / 10;
    wait = (b->level - capacity) / (double)b->avg;
    if (b->max && b->burst_length > 1) {
        burst = (b->burst_level - (double)b->max / 10) / (double)b->max;
    }
    return MAX(MAX(wait, burst), 0) * NS;
}

static int64_t wait_ns(ThrottleGroup *g, bool is_write) REQUIRES(&g->lock);
static int64_t wait_ns(ThrottleGroup *g, bool is_write)
{
    double ns = 0;

    for (int u = 0; u < N_UNITS; u++) {
        ns = MAX(ns, bucket_wait_ns(g, u, TOTAL));
        ns = MAX(ns, bucket_wait_ns(g, u, is_write ? WRITE : READ));
    }
    return ns < 9e18 ? (int64_t)ns : INT64_MAX / 2;
}

static void account(ThrottleGroup *g, int64_t bytes, bool is_write)
    REQUIRES(&g->lock);
static void account(ThrottleGroup *g, int64_t bytes, bool is_write)
{
    double units = 1;

    if (g->iops_size && bytes > g->iops_size) {
        units = (double)bytes / (double)g->iops_size;
    }
    for (int u = 0; u < N_UNITS; u++) {
        double n = u == BPS ? (double)bytes : units;
        Bucket *total = &g->buckets[u][TOTAL];
        Bucket *own = &g->buckets[u][is_write ? WRITE : READ];

        total->level += n;
        total->burst_level += n;
        own->level += n;
        own->burst_level += n;
    }
}

/* Sleeps so long, or until something has changed. */
static void coroutine_fn sleep_locked(ThrottleGroup *g, int64_t ns,
                                      bool is_write) DROPS(&g->lock);
static void coroutine_fn sleep_locked(ThrottleGroup *g, int64_t ns,
                                      bool is_write)
{
    AioContext *ctx = coroutine_context(coroutine_self());
    AioTimer *timer = aio_timer_new(ctx, VM_CLOCK_REALTIME,
                                    is_write ? wake_write : wake_read, g);

    g->sleeper[is_write] = coroutine_self();
    vm_mutex_unlock(&g->lock);
    /* The timer is of this thread's loop, and aio_co_wake() from another one
     * goes through it as well: neither comes before the yield. */
    aio_timer_mod(timer, vm_clock_get_ns(VM_CLOCK_REALTIME) + ns + 1);
    coroutine_yield();
    aio_timer_delete(timer);
    vm_mutex_lock(&g->lock);
}

void coroutine_fn throttle_group_co_wait(ThrottleGroup *g, int64_t bytes,
                                         bool is_write)
{
    int64_t ns;

    IO_CODE();
    co_mutex_lock(&g->turn[is_write]);
    vm_mutex_lock(&g->lock);
    leak(g);
    while (!g->bypass && (ns = wait_ns(g, is_write)) > 0) {
        sleep_locked(g, ns, is_write);
        leak(g);
    }
    account(g, bytes, is_write);
    vm_mutex_unlock(&g->lock);
    co_mutex_unlock(&g->turn[is_write]);
}
