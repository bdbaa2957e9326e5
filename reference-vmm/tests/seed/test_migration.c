/* SPDX-License-Identifier: MIT */
/*
 * Migrations of a running guest: to the end, cancelled at any moment, with a
 * broken stream, with a user who stops and continues meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/main_loop.h"
#include "seed/machine.h"
#include "seed/incoming.h"
#include "seed/migration.h"
#include "seed/ram_save.h"
#include "seed/stream.h"

#define N_PAGES 200

static int setup(void **state) ACQUIRE(bql)
{
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    assert_true(main_loop_init(NULL));
    assert_true(machine_init(N_PAGES, NULL));
    migrate_init();
    assert_true(vm_start(NULL));
    return 0;
}

static int teardown(void **state) RELEASE(bql)
{
    migrate_shutdown();
    machine_free();
    main_loop_free();
    bql_unlock();
    return 0;
}

/* Turns of the main loop until the migration is over. */
static MigrationStatus finish(void) DROPS(bql)
{
    MigrationInfo info;

    for (;;) {
        migrate_query(&info);
        g_free(info.error);
        if (!info.busy) {
            return info.status;
        }
        bql_unlock();
        aio_wait(main_loop_context(), true);
        bql_lock();
        aio_dispatch(main_loop_context());
    }
}

static void test_complete(void **state) DROPS(bql)
{
    GError *error = NULL;

    assert_true(migrate_start(0, NULL));
    assert_false(migrate_start(0, &error));
    assert_string_equal(error->message, "a migration is under way");
    g_clear_error(&error);
    assert_null(incoming_ram());
    assert_int_equal(finish(), MIGRATION_COMPLETED);
    assert_int_equal(machine_run_state(), RUN_STATE_POSTMIGRATE);
    assert_int_equal(incoming_status(), INCOMING_COMPLETED);
    assert_int_equal(ram_compare(machine_ram(), incoming_ram()), N_PAGES);
    assert_false(migrate_start(0, &error));
    assert_string_equal(error->message, "the guest is elsewhere");
    g_clear_error(&error);
    /* Cancelling what is over changes nothing. */
    migrate_cancel();
    assert_int_equal(finish(), MIGRATION_COMPLETED);
}

static void test_stopped_guest(void **state) DROPS(bql)
{
    vm_stop();
    assert_int_equal(machine_run_state(), RUN_STATE_PAUSED);
    assert_true(migrate_start(0, NULL));
    assert_int_equal(finish(), MIGRATION_COMPLETED);
    assert_int_equal(ram_compare(machine_ram(), incoming_ram()), N_PAGES);
}

static void *cancelling_thread(void *opaque)
{
    usleep((useconds_t)GPOINTER_TO_INT(opaque));
    migrate_cancel();
    return NULL;
}

/* Whenever it comes, the guest runs on one side at most, and no memory is
 * lost. */
static void test_cancel_any_time(void **state) DROPS(bql)
{
    int completed = 0, cancelled = 0;

    for (int i = 0; i < 60; i++) {
        int us = i * 40; /* it takes a millisecond or two */
        bool stopped = i % 2;
        VmThread *t;

        if (stopped) {
            vm_stop();
        }
        assert_true(migrate_start(0, NULL));
        t = vm_thread_create("canceller", VM_ROLE_CLIENT, cancelling_thread,
                             GINT_TO_POINTER(us), NULL);
        switch (finish()) {
        case MIGRATION_COMPLETED:
            completed++;
            assert_int_equal(machine_run_state(), RUN_STATE_POSTMIGRATE);
            assert_int_equal(incoming_status(), INCOMING_COMPLETED);
            assert_int_equal(ram_compare(machine_ram(), incoming_ram()),
                             N_PAGES);
            break;
        case MIGRATION_CANCELLED:
            cancelled++;
            assert_int_equal(machine_run_state(), stopped ?
                             RUN_STATE_PAUSED : RUN_STATE_RUNNING);
            assert_int_equal(incoming_status(), INCOMING_FAILED);
            assert_null(incoming_ram());
            break;
        default:
            fail_msg("neither completed nor cancelled");
        }
        main_loop_join(t);
        assert_true(vm_start(NULL));
    }
    print_message("%d completed, %d cancelled\n", completed, cancelled);
    assert_true(cancelled > 0);
}

/* The user's stop wins over the guest that a failed migration would resume. */
static void test_stop_while_migrating(void **state) DROPS(bql)
{
    assert_true(migrate_start(1000, NULL));
    vm_stop();
    assert_int_equal(machine_run_state(), RUN_STATE_PAUSED);
    migrate_cancel();
    assert_int_equal(finish(), MIGRATION_CANCELLED);
    assert_int_equal(machine_run_state(), RUN_STATE_PAUSED);

    vm_stop_for_migration();
    assert_false(vm_start(NULL));
    vm_end_migration(false);
    assert_int_equal(machine_run_state(), RUN_STATE_PAUSED);
    assert_true(vm_start(NULL));
    vm_stop_for_migration();
    vm_stop();
    vm_end_migration(false);
    assert_int_equal(machine_run_state(), RUN_STATE_PAUSED);
    assert_true(vm_start(NULL));
    vm_stop_for_migration();
    vm_end_migration(false);
    assert_int_equal(machine_run_state(), RUN_STATE_RUNNING);
}

static void test_no_channel(void **state) DROPS(bql)
{
    struct rlimit old, none = { 0, 0 };
    GError *error = NULL;
    MigrationInfo info;

    getrlimit(RLIMIT_NOFILE, &old);
    none.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_NOFILE, &none);
    assert_false(migrate_start(0, &error));
    setrlimit(RLIMIT_NOFILE, &old);
    assert_string_equal(error->message,
                        "cannot make a channel: Too many open files");
    g_clear_error(&error);
    migrate_query(&info);
    assert_int_equal(info.status, MIGRATION_FAILED);
    assert_false(info.busy);
    assert_string_equal(info.error, "it could not be set up");
    g_free(info.error);
    assert_int_equal(machine_run_state(), RUN_STATE_RUNNING);
    assert_true(migrate_start(0, NULL));
    assert_int_equal(finish(), MIGRATION_COMPLETED);
}

static void test_shutdown_while_migrating(void **state) DROPS(bql)
{
    /* teardown() finds it under way. */
    assert_true(migrate_start(100, NULL));
}

/* ---- the destination alone ----------------------------------------------- */

/* Feeds it; it must refuse with that message (NULL: with any), and hang up. */
static void refuses(const void *data, size_t size, bool end,
                    const char *message) DROPS(bql)
{
    Stream *f;
    int fds[2];
    char *error;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    f = stream_new(fds[0]);
    assert_true(incoming_start(fds[1], N_PAGES, NULL));
    stream_put(f, data, size);
    stream_flush(f);
    if (end) {
        stream_close(f);
    } else {
        while (stream_ok(f)) {
            stream_get_u8(f);
        }
        stream_close(f);
    }
    incoming_finish();
    assert_int_equal(incoming_status(), INCOMING_FAILED);
    assert_null(incoming_ram());
    error = incoming_error();
    assert_non_null(error);
    if (message) {
        assert_string_equal(error, message);
    }
    g_free(error);
}

static void test_bad_streams(void **state) DROPS(bql)
{
    uint8_t page[1 + 8 + RAM_PAGE_SIZE] = { REC_PAGE };
    const uint8_t early_go[] = { REC_GO };
    const uint8_t unknown[] = { 77 };
    const uint8_t no_go[] = { REC_COMPLETE, REC_PAGE };
    const uint8_t complete[] = { REC_COMPLETE };

    refuses(NULL, 0, true, "the peer is gone");
    refuses(page, sizeof(page) - 1, true, "the peer is gone");
    refuses(unknown, 1, false, "unknown record");
    refuses(early_go, 1, false, "unknown record");
    refuses(no_go, 2, false, "expected the word to run");
    /* It may notice when it answers, or when it waits for the word. */
    refuses(complete, 1, true, NULL);
    page[8] = N_PAGES;
    refuses(page, sizeof(page), false, "page number out of range");
    memset(page + 1, 0xff, 8);
    refuses(page, sizeof(page), false, "page number out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_complete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopped_guest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel_any_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_while_migrating, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shutdown_while_migrating, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bad_streams, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
