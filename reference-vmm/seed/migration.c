/* SPDX-License-Identifier: MIT */
/*
 * migration.c - see migration.h.
 *
 * Thread context: migration_thread() and what it calls in the migration
 * thread, without the BQL but for the two moments when the guest is stopped
 * and let go; migrate_start() and migrate_cleanup() in the main loop;
 * migrate_cancel() and migrate_query() in any thread.
 */
#include "seed/migration.h"
#include "base/error.h"
#include "base/main_loop.h"
#include "seed/machine.h"
#include "seed/incoming.h"
#include "seed/ram_save.h"
#include <sys/socket.h>
#include <unistd.h>

#define ENOUGH_PAGES 24 /* so few left: stop the guest and send them */
#define MAX_ROUNDS 20   /* or else it would never end */

#ifdef HF_WRONG_UNDECLARED_UNLOCKED_READ
#define HF_WRONG_UNLOCKED_READ
#define FILE_GUARD
#else
#define FILE_GUARD GUARDED_BY(&file_lock)
#endif

typedef struct MigrationState {
    /* main loop: from migrate_start() to the end of migrate_cleanup() */
    VmThread *thread GUARDED_BY(bql);
    AioBh *cleanup_bh GUARDED_BY(bql);

    VmMutex lock LOCK_RANK(RANK_MIGRATION);
    VmCond changed; /* with lock: status */
    MigrationStatus status GUARDED_BY(&lock);
    bool busy GUARDED_BY(&lock);
    char *error GUARDED_BY(&lock);
    RamSave *save GUARDED_BY(&lock); /* the pointer; it has a lock inside */
    uint64_t pages_sent GUARDED_BY(&lock);
    uint64_t rounds GUARDED_BY(&lock); /* the migration thread alone writes */
    uint64_t pages_per_second;         /* fixed while the thread exists */
    int64_t start_ns;                  /* the same */

    /*
     * The migration thread looks here once and then uses the stream without
     * the lock: it is the one that closes it.  Others hold the lock while
     * they kick it.
     */
    VmMutex file_lock LOCK_RANK(RANK_FILE);
    Stream *to_dst_file FILE_GUARD;
} MigrationState;

static MigrationState *migrate_get_current(void)
{
    static MigrationState current;

    return &current;
}

const char *migration_status_name(MigrationStatus status)
{
    static const char *const names[] = {
        [MIGRATION_NONE] = "none",
        [MIGRATION_SETUP] = "setup",
        [MIGRATION_ACTIVE] = "active",
        [MIGRATION_DEVICE] = "device",
        [MIGRATION_CANCELLING] = "cancelling",
        [MIGRATION_CANCELLED] = "cancelled",
        [MIGRATION_FAILED] = "failed",
        [MIGRATION_COMPLETED] = "completed",
    };

    return names[status];
}

/* ---- state -------------------------------------------------------------- */

static void set_status(MigrationState *s, MigrationStatus status)
    REQUIRES(&s->lock)
{
    ASSERT_HELD(&s->lock);
    s->status = status;
    vm_cond_broadcast(&s->changed);
}

static bool status_is_active(MigrationState *s) REQUIRES(&s->lock)
{
    return s->status == MIGRATION_SETUP || s->status == MIGRATION_ACTIVE ||
           s->status == MIGRATION_DEVICE;
}

/* One step of a migration, unless it was cancelled before. */
static bool migrate_advance(MigrationState *s, MigrationStatus from,
                            MigrationStatus to) EXCLUDES(&s->lock)
{
    vm_mutex_lock(&s->lock);
    if (s->status != from) {
        vm_mutex_unlock(&s->lock);
        return false;
    }
    set_status(s, to);
    vm_mutex_unlock(&s->lock);
    return true;
}

static void migrate_fail(MigrationState *s, const char *why)
    EXCLUDES(&s->lock)
{
#ifdef HF_WRONG_CONTRACT
    set_status(s, MIGRATION_FAILED);
#endif
    vm_mutex_lock(&s->lock);
    if (status_is_active(s)) {
        set_status(s, MIGRATION_FAILED);
        s->error = g_strdup(why ? why : "the destination refused");
    }
    vm_mutex_unlock(&s->lock);
}

/* For the thread at its end, or when there is none: nobody sends any more. */
static void migrate_close_file(MigrationState *s) EXCLUDES(&s->file_lock)
{
    Stream *f;

    vm_mutex_lock(&s->file_lock);
    f = s->to_dst_file;
    s->to_dst_file = NULL;
    vm_mutex_unlock(&s->file_lock);
    if (f) {
        stream_close(f);
    }
}

/* ---- the migration thread ----------------------------------------------- */

/* Sleeps as long as the rate asks for; false when cancelled. */
static bool migrate_pace(MigrationState *s)
    EXCLUDES(&s->lock) REQUIRES(role_migration)
{
    bool ok;

    vm_mutex_lock(&s->lock);
    s->pages_sent++;
    if (s->pages_per_second) {
        int64_t due = s->start_ns + (int64_t)(s->pages_sent * 1000000000.0 /
                                              s->pages_per_second);

        while (status_is_active(s) && vm_clock_ns() < due) {
            vm_cond_wait_until(&s->changed, &s->lock, due);
        }
    }
    ok = status_is_active(s);
    vm_mutex_unlock(&s->lock);
    return ok;
}

static bool migrate_send_dirty(MigrationState *s, RamSave *save, Stream *f)
    REQUIRES(role_migration)
{
    while (ram_save_page(save, f)) {
        if (!stream_ok(f) || !migrate_pace(s)) {
            return false;
        }
    }
    return stream_flush(f);
}

static uint64_t NO_TSA migrate_rounds(const MigrationState *s)
    REQUIRES(role_migration)
{
    INTENTIONAL(GUARDED_BY, "sole_writer: this thread alone counts rounds");
    return s->rounds;
}

/* Rounds over a running guest, until few pages are left. */
static bool migrate_iterate(MigrationState *s, RamSave *save, Stream *f)
    REQUIRES(role_migration)
{
    while (ram_save_sync(save) > ENOUGH_PAGES &&
           migrate_rounds(s) < MAX_ROUNDS) {
        if (!migrate_send_dirty(s, save, f)) {
            return false;
        }
        vm_mutex_lock(&s->lock);
        s->rounds++;
        vm_mutex_unlock(&s->lock);
    }
    return true;
}

static bool migrate_hand_over(MigrationState *s, RamSave *save, Stream *f)
    REQUIRES(role_migration)
{
    ram_save_sync(save);
    if (!migrate_send_dirty(s, save, f)) {
        return false;
    }
    stream_put_u8(f, REC_COMPLETE);
    return stream_flush(f) && stream_get_u8(f) == REC_LOADED &&
           migrate_advance(s, MIGRATION_DEVICE, MIGRATION_COMPLETED);
}

/* Stops the guest; sends the rest; lets go of it, or takes it up again.  The
 * BQL is not held meanwhile: a slow destination must not stop the monitor. */
static bool migrate_complete(MigrationState *s, RamSave *save, Stream *f)
    REQUIRES(role_migration) EXCLUDES(bql)
{
    bool ok;

#ifdef HF_WRONG_GS_FROM_THREAD
    vm_stop_for_migration();
#else
    bql_lock();
    vm_stop_for_migration();
    bql_unlock();
#endif
    ok = migrate_advance(s, MIGRATION_ACTIVE, MIGRATION_DEVICE) &&
         migrate_hand_over(s, save, f);
    if (ok) {
        stream_put_u8(f, REC_GO);
        stream_flush(f);
    }
    bql_lock();
    vm_end_migration(ok);
    bql_unlock();
    return ok;
}

static void *migration_thread(void *opaque) ROLE_ENTRY(role_migration)
{
    MigrationState *s = opaque;
    RamSave *save;
    Stream *f;

    vm_mutex_lock(&s->lock);
    save = s->save;
    vm_mutex_lock(&s->file_lock);
    f = s->to_dst_file;
    vm_mutex_unlock(&s->file_lock);
    vm_mutex_unlock(&s->lock);

    if (!migrate_advance(s, MIGRATION_SETUP, MIGRATION_ACTIVE) ||
        !migrate_iterate(s, save, f) || !migrate_complete(s, save, f)) {
        migrate_fail(s, stream_error(f));
    }
    /* The destination, should it still read, sees the end now. */
    migrate_close_file(s);
    bql_lock();
    aio_bh_schedule(s->cleanup_bh);
    bql_unlock();
    return NULL;
}

/* ---- the main loop ------------------------------------------------------ */

/* Ends what migrate_start() began; the status is final afterwards. */
static void migrate_cleanup(MigrationState *s) DROPS(bql) GS_FN
{
    VmThread *thread = s->thread;
    RamSave *save;

    GLOBAL_STATE_CODE();
    s->thread = NULL;
#ifdef HF_WRONG_UNLOCKED_READ
    if (s->to_dst_file)
#endif
    {
        main_loop_join(thread);
        migrate_close_file(s);
    }
    incoming_finish();

    aio_bh_delete(s->cleanup_bh);
    s->cleanup_bh = NULL;
    vm_mutex_lock(&s->lock);
    save = s->save;
    s->save = NULL;
    s->busy = false;
    if (s->status == MIGRATION_CANCELLING) {
        set_status(s, MIGRATION_CANCELLED);
    }
    vm_mutex_unlock(&s->lock);
    ram_save_free(save);
}

static void migrate_cleanup_bh(void *opaque)
{
    GLOBAL_STATE_CODE();
    migrate_cleanup(opaque);
}

static bool migrate_reset(MigrationState *s, uint64_t pages_per_second,
                          GError **error) EXCLUDES(&s->lock) GS_FN
{
    vm_mutex_lock(&s->lock);
    if (s->busy || machine_run_state() == RUN_STATE_POSTMIGRATE) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE, "%s", s->busy ?
                    "a migration is under way" : "the guest is elsewhere");
#ifndef HF_WRONG_MISSING_UNLOCK
        vm_mutex_unlock(&s->lock);
#endif
        return false;
    }
    s->busy = true;
    g_clear_pointer(&s->error, g_free);
    s->save = ram_save_new(machine_ram());
    s->pages_sent = 0;
    s->rounds = 0;
    s->pages_per_second = pages_per_second;
    s->start_ns = vm_clock_ns();
    set_status(s, MIGRATION_SETUP);
    vm_mutex_unlock(&s->lock);
    return true;
}

bool migrate_start(uint64_t pages_per_second, GError **error)
{
    MigrationState *s = migrate_get_current();
    int fds[2];

    GLOBAL_STATE_CODE();
    if (!migrate_reset(s, pages_per_second, error)) {
        return false;
    }
    s->cleanup_bh = aio_bh_new(main_loop_context(), migrate_cleanup_bh, s);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        vm_set_errno(error, "cannot make a channel");
        goto fail;
    }
    vm_mutex_lock(&s->file_lock);
    s->to_dst_file = stream_new(fds[0]);
    vm_mutex_unlock(&s->file_lock);
    if (!incoming_start(fds[1], machine_ram()->n_pages, error)) {
        goto fail;
    }
    s->thread = vm_thread_create("migration", VM_ROLE_MIGRATION,
                                 migration_thread, s, error);
    if (s->thread) {
        return true;
    }
fail:
    migrate_fail(s, "it could not be set up");
    migrate_cleanup(s);
    return false;
}

void migrate_init(void)
{
    MigrationState *s = migrate_get_current();

    GLOBAL_STATE_CODE();
    vm_mutex_init(&s->lock, "migration", RANK_MIGRATION);
    vm_mutex_init(&s->file_lock, "file", RANK_FILE);
    vm_cond_init(&s->changed);
    incoming_init();
}

void migrate_shutdown(void)
{
    MigrationState *s = migrate_get_current();

    GLOBAL_STATE_CODE();
    migrate_cancel();
    migrate_cleanup(s);
    incoming_free();
    vm_mutex_lock(&s->lock);
    g_clear_pointer(&s->error, g_free);
    set_status(s, MIGRATION_NONE);
    vm_mutex_unlock(&s->lock);
    vm_cond_destroy(&s->changed);
    vm_mutex_destroy(&s->file_lock);
    vm_mutex_destroy(&s->lock);
}

/* ---- any thread --------------------------------------------------------- */

void migrate_cancel(void)
{
    MigrationState *s = migrate_get_current();

    IO_CODE();
    vm_mutex_lock(&s->lock);
    if (status_is_active(s)) {
        set_status(s, MIGRATION_CANCELLING);
        /* The thread may be blocked in the stream.  Still under the first
         * lock, or the stream could be that of the next migration. */
        vm_mutex_lock(&s->file_lock);
        if (s->to_dst_file) {
            stream_kick(s->to_dst_file);
        }
        vm_mutex_unlock(&s->file_lock);
    }
    vm_mutex_unlock(&s->lock);
}

void migrate_query(MigrationInfo *info)
{
    MigrationState *s = migrate_get_current();

    IO_CODE();
#ifdef HF_WRONG_RANK_ORDER
    vm_mutex_lock(&s->file_lock);
    vm_mutex_lock(&s->lock);
#else
    vm_mutex_lock(&s->lock);
    vm_mutex_lock(&s->file_lock);
#endif
    *info = (MigrationInfo){
        .status = s->status,
        .busy = s->busy || s->to_dst_file,
        .pages_sent = s->pages_sent,
        .rounds = s->rounds,
        .remaining = s->save ? ram_save_remaining(s->save) : 0,
        .error = g_strdup(s->error),
    };
    vm_mutex_unlock(&s->file_lock);
    vm_mutex_unlock(&s->lock);
}
