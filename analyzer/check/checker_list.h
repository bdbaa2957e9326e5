/* SPDX-License-Identifier: MIT */
/* checker_list.h - every checker, one line each, in the order they run.
 * Included by check.h. */
#ifndef HOLDFAST_CHECKER_LIST_H
#define HOLDFAST_CHECKER_LIST_H

#define HF_CHECKERS(X) \
    X(hf_checker_guarded_by) \
    X(hf_checker_missing_lock) \
    X(hf_checker_lock) \
    X(hf_checker_lock_contract) \
    X(hf_checker_order_reversal) \
    X(hf_checker_wait_under_lock) \
    X(hf_checker_graph_lock) \
    X(hf_checker_thread_context) \
    X(hf_checker_coroutine) \
    X(hf_checker_rcu) \
    X(hf_checker_transaction) \
    X(hf_checker_slot_contract) \
    X(hf_checker_stale_check) \
    X(hf_checker_mixed_atomic) \
    X(hf_checker_teardown_race) \
    X(hf_checker_unsigned_diff) \
    X(hf_checker_string_copy) \
    X(hf_checker_inflight) \
    X(hf_checker_wire_struct) \
    X(hf_checker_event_order) \
    X(hf_checker_annotation)

#endif
