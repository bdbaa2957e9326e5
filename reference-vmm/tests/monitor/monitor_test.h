/* SPDX-License-Identifier: MIT */
/*
 * monitor_test.h - what the tests of this layer share.
 *
 * Thread context: the test's main thread, with the BQL.
 */
#ifndef REFVMM_TESTS_MONITOR_TEST_H
#define REFVMM_TESTS_MONITOR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/main_loop.h"
#include "base/rcu.h"
#include "hw/machine.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_dispatch.h"
#include "monitor/qmp_schema.h"

#define TEST_DEADLINE_MS 20000

static inline int NO_ANALYSIS main_loop_setup(void **state)
{
    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    assert_true(main_loop_init(NULL));
    return 0;
}

static inline int NO_ANALYSIS main_loop_teardown(void **state)
{
    main_loop_rcu_barrier();
    main_loop_free();
    bql_unlock();
    vm_rcu_finish();
    return 0;
}

/* Owned by the caller. */
static inline JsonObject *json_parse_plain(const char *json)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;

    if (!json_parser_load_from_data(parser, json, -1, &error)) {
        fail_msg("%s: %s", json, error->message);
    }
    return json_object_ref(json_node_get_object(
        json_parser_get_root(parser)));
}

/* Of text with single quotes. */
static inline JsonObject *json_parse(const char *text)
{
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');

    return json_parse_plain(json);
}

#endif
