/* SPDX-License-Identifier: MIT */
/*
 * migration.h - moves the running guest's memory to a destination.
 *
 * NONE -> SETUP -> ACTIVE -> DEVICE -> COMPLETED.  Each of the middle three
 * can go to FAILED, or by migrate_cancel() to CANCELLING and CANCELLED.  In
 * DEVICE the guest stands still.  COMPLETED is decided in one step, and only
 * then is the destination told to run the guest: it never runs twice.
 *
 * Thread context: commands under the BQL; migrate_cancel() and
 * migrate_query() from any thread, at any moment.
 */
#ifndef REFVMM_MIGRATION_MIGRATION_H
#define REFVMM_MIGRATION_MIGRATION_H

#include "base/lock.h"
#include <glib.h>

typedef enum MigrationStatus {
    MIGRATION_NONE,
    MIGRATION_SETUP,
    MIGRATION_ACTIVE,
    MIGRATION_DEVICE,
    MIGRATION_CANCELLING,
    MIGRATION_CANCELLED,
    MIGRATION_FAILED,
    MIGRATION_COMPLETED,
} MigrationStatus;

typedef struct MigrationInfo {
    MigrationStatus status;
    bool busy; /* threads or streams of it still exist */
    uint64_t pages_sent;
    uint64_t rounds;
    size_t remaining; /* pages, as of the last look at the dirty log */
    char *error;      /* to be freed; NULL unless FAILED */
} MigrationInfo;

const char *migration_status_name(MigrationStatus status) IO_FN;

void migrate_init(void) GS_FN;
/* Cancels what is under way, and waits for its end. */
void migrate_shutdown(void) DROPS(bql) GS_FN;

/* To a destination in this process.  pages_per_second: 0 is unlimited. */
bool migrate_start(uint64_t pages_per_second, GError **error) GS_FN;
void migrate_cancel(void) IO_FN;
void migrate_query(MigrationInfo *info) IO_FN;

#endif
