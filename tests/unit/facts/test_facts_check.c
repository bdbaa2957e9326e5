/* SPDX-License-Identifier: MIT */
/*
 * Each promise of facts.h, broken: refused, and the message names the row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "sample.h"

typedef struct {
    const char *label;
    const char *why; /* what the message has to contain */
    void (*break_it)(HfFactsBuilder *b, const Sample *m);
} Case;

/* One broken promise: name, message, statement with b and m at hand. */
#define BREAK(name, statement)                                         \
    static void name(HfFactsBuilder *b, const Sample *m)               \
    {                                                                  \
        statement;                                                     \
    }

#define FN hf_facts_at_functions(b, 1)
#define BLOCK(n) hf_facts_at_blocks(b, FN->first_block + (n))
#define EVENT(n) hf_facts_at_events(b, m->calls + (n))

BREAK(status, hf_facts_set_unit(b, 99, m->file, NULL))
BREAK(main_file, hf_facts_set_unit(b, HF_UNIT_OK, 77, NULL))
BREAK(row_zero, hf_facts_at_events(b, 0)->flags = 1)
BREAK(file_path, hf_facts_at_files(b, 2)->path = 999999)
BREAK(loc_file, hf_facts_at_locs(b, 3)->file = 3)
BREAK(loc_spelling, hf_facts_at_locs(b, 3)->spell_file = 3)
BREAK(loc_macro, hf_facts_at_locs(b, 3)->macro = 999999)
BREAK(record_key, hf_facts_at_records(b, 2)->key = 999999)
BREAK(record_fields, hf_facts_at_records(b, 2)->n_fields = 99)
BREAK(record_wraps, hf_facts_at_records(b, 2)->n_fields = UINT32_MAX)
BREAK(record_from_0, hf_facts_at_records(b, 2)->first_field = 0)
BREAK(record_steals, hf_facts_at_records(b, 2)->n_fields = 4)
BREAK(field_outside, hf_facts_at_records(b, 2)->n_fields = 2)
BREAK(field_orphan, hf_facts_at_fields(b, m->f_n)->record = 0)
BREAK(field_type, hf_facts_at_fields(b, m->f_n)->type_record = 9)
BREAK(record_parts, hf_facts_at_records(b, 2)->n_parts = 99)
BREAK(part_outside, hf_facts_at_records(b, 2)->n_parts = 1)
BREAK(part_orphan, hf_facts_at_parts(b, 2)->record = 0)
BREAK(part_kind, hf_facts_at_parts(b, 2)->kind = 2)
BREAK(part_behind, hf_facts_at_parts(b, 2)->offset = 21)
BREAK(part_wraps, hf_facts_at_parts(b, 2)->size = UINT32_MAX)
BREAK(part_path, hf_facts_at_parts(b, 2)->path = 999999)
BREAK(symbol_kind, hf_facts_at_symbols(b, 2)->kind = 4)
BREAK(symbol_linkage, hf_facts_at_symbols(b, 2)->linkage = 3)
BREAK(symbol_loc, hf_facts_at_symbols(b, 2)->def_loc = 9999)
BREAK(annot_kind, hf_facts_at_annots(b, 1)->owner_kind = 5)
BREAK(annot_owner, hf_facts_at_annots(b, 1)->owner = 99)
BREAK(annot_nobody, hf_facts_at_annots(b, 1)->owner = 0)
BREAK(binding_function, hf_facts_at_bindings(b, 1)->function = 0)
BREAK(binding_field, hf_facts_at_bindings(b, 1)->field = 5)
BREAK(comment_text, hf_facts_at_comments(b, 1)->text = 999999)
BREAK(remark_kind, hf_facts_at_remarks(b, 1)->owner_kind = HF_OWNER_RECORD)
BREAK(remark_owner, hf_facts_at_remarks(b, 1)->owner = 99)
BREAK(diag_severity, hf_facts_at_diags(b, 1)->severity = 5)
BREAK(local_cleanup, hf_facts_at_locals(b, 2)->cleanup = 6)

BREAK(path_kind, hf_facts_at_paths(b, 2)->kind = 14)
BREAK(path_none, hf_facts_at_paths(b, 2)->kind = 0)
BREAK(path_cycle, hf_facts_at_paths(b, 2)->parent = 3)
BREAK(path_self, hf_facts_at_paths(b, 2)->parent = 2)
BREAK(path_rootless, hf_facts_at_paths(b, 2)->parent = 0)
BREAK(path_root_parent, hf_facts_at_paths(b, 1)->parent = 1)
BREAK(path_local, hf_facts_at_paths(b, 1)->ref = 3)
BREAK(path_field, hf_facts_at_paths(b, 3)->ref = 5)
BREAK(path_reserved, hf_facts_at_paths(b, 3)->reserved = 1)
BREAK(path_cancels, hf_facts_at_paths(b, 3)->kind = HF_PATH_ADDR)

BREAK(function_symbol, FN->symbol = 0)
BREAK(function_locals, FN->n_locals = 3)
BREAK(function_params, FN->n_params = 3)
BREAK(param_order, hf_facts_at_locals(b, m->s)->flags = 0)
BREAK(function_blocks, FN->n_blocks = 6)
BREAK(no_exit, FN->n_blocks = 1)
BREAK(function_events, FN->n_events = 6)
BREAK(events_left, (sample_event(b, m, HF_EV_ASM, 1, 1, 0, 0, 0),
                    FN->n_events = 8))
BREAK(events_before, (FN->first_event++, FN->n_events--))
BREAK(twice, hf_facts_add_functions(b, &(HfFunction){
    .symbol = m->peek, .first_block = FN->first_block, .n_blocks = 5,
    .first_event = FN->first_event, .n_events = FN->n_events }))
BREAK(local_twice, hf_facts_add_functions(b, &(HfFunction){
    .symbol = m->peek, .first_local = m->s, .n_locals = 2, .n_params = 2 }))
BREAK(block_events, BLOCK(2)->n_events = 99)
BREAK(event_twice, BLOCK(2)->n_events = 3)
BREAK(exit_busy, (BLOCK(1)->first_edge = 1, BLOCK(1)->n_edges = 1,
                  BLOCK(0)->first_edge++, BLOCK(0)->n_edges--))
BREAK(edge_twice, BLOCK(0)->n_edges = 3)
BREAK(edge_out, hf_facts_at_edges(b, 3)->to = 0)
BREAK(edge_cond, hf_facts_at_edges(b, 3)->cond = 2)
BREAK(cond_op, hf_facts_at_conds(b, 1)->op = 7)
BREAK(cond_lhs, hf_facts_at_conds(b, 1)->lhs = 999)
BREAK(event_kind, EVENT(1)->kind = 14)
BREAK(event_path, EVENT(1)->path = 999)
BREAK(event_sym, EVENT(1)->sym = 99)
BREAK(event_args, EVENT(1)->n_args = 99)
BREAK(arg_twice, EVENT(0)->n_args = 2)
BREAK(call_nobody, EVENT(1)->sym = 0)
BREAK(scope_of_what, EVENT(2)->kind = HF_EV_SCOPE_END)
BREAK(arg_path, *hf_facts_at_args(b, 1) = 999)

static void foreign_local(HfFactsBuilder *b, const Sample *m)
{
    HfId mine = hf_facts_add_locals(b, &(HfLocal){ 0 });

    EVENT(2)->path = hf_facts_path(b, HF_PATH_LOCAL, 0, mine, 0);
}

static void foreign_cond(HfFactsBuilder *b, const Sample *m)
{
    HfId mine = hf_facts_add_locals(b, &(HfLocal){ 0 });

    hf_facts_at_conds(b, 1)->rhs = hf_facts_path(b, HF_PATH_LOCAL, 0, mine,
                                                 0);
}

static void foreign_temp(HfFactsBuilder *b, const Sample *m)
{
    HfId call = sample_event(b, m, HF_EV_CALL, 90, 1, m->peek, 0, 0);
    HfId temp = hf_facts_path(b, HF_PATH_TEMP, 0, call, 0);

    EVENT(2)->value = hf_facts_path(b, HF_PATH_DEREF, temp, 0, 0);
}

static void function_deref(HfFactsBuilder *b, const Sample *m)
{
    HfId s = hf_facts_path(b, HF_PATH_LOCAL, 0, m->s, 0);
    HfId star = hf_facts_path(b, HF_PATH_DEREF, s, 0, 0);

    hf_facts_path(b, HF_PATH_ADDR, star, 0, 0);
    *hf_facts_at_paths(b, s) = (HfPath){ .kind = HF_PATH_FUNCTION,
                                         .ref = m->use };
}

#define CASE(name, why) { #name, why, name }

static const Case cases[] = {
    CASE(status, "section 'unit' row 0: unknown status 99"),
    CASE(main_file, "section 'unit' row 0: main file 77 out of range (3)"),
    CASE(row_zero, "section 'events' row 0: not zero"),
    CASE(file_path, "section 'files' row 2: path 999999 out of range"),
    CASE(loc_file, "section 'locs' row 3: file 3 out of range (3)"),
    CASE(loc_spelling, "section 'locs' row 3: spelling file 3"),
    CASE(loc_macro, "section 'locs' row 3: macro 999999"),
    CASE(record_key, "section 'records' row 2: key 999999"),
    CASE(record_fields, "section 'records' row 2: 99 fields from 1 on"),
    CASE(record_wraps, "section 'records' row 2: 4294967295 fields"),
    CASE(record_from_0, "section 'records' row 2: 3 fields from 0 on"),
    CASE(record_steals, "row 2: field 4 belongs to record 3"),
    CASE(field_outside, "'fields' row 3: not among the fields of record 2"),
    CASE(field_orphan, "row 3: field 4 belongs to record 0"),
    CASE(field_type, "section 'fields' row 4: record 9 out of range (4)"),
    CASE(record_parts, "section 'records' row 2: 99 parts from 1 on"),
    CASE(part_outside, "'parts' row 2: not among the parts of record 2"),
    CASE(part_orphan, "row 2: part 2 belongs to record 0"),
    CASE(part_kind, "section 'parts' row 2: unknown kind 2"),
    CASE(part_behind, "row 2: 4 bytes from 21 on in a record of 24"),
    CASE(part_wraps, "row 2: 4294967295 bytes from 20 on"),
    CASE(part_path, "section 'parts' row 2: path 999999"),
    CASE(symbol_kind, "section 'symbols' row 2: unknown kind 4"),
    CASE(symbol_linkage, "section 'symbols' row 2: unknown linkage 3"),
    CASE(symbol_loc, "section 'symbols' row 2: loc 9999"),
    CASE(annot_kind, "section 'annots' row 1: unknown kind of owner 5"),
    CASE(annot_owner, "section 'annots' row 1: field 99 out of range (5)"),
    CASE(annot_nobody, "section 'annots' row 1: field 0 is missing"),
    CASE(binding_function, "section 'bindings' row 1: symbol 0 is missing"),
    CASE(binding_field, "section 'bindings' row 1: field 5 out of range (5)"),
    CASE(comment_text, "section 'comments' row 1: text 999999"),
    CASE(remark_kind, "section 'remarks' row 1: unknown kind of owner 3"),
    CASE(remark_owner, "section 'remarks' row 1: field 99 out of range (5)"),
    CASE(diag_severity, "section 'diags' row 1: unknown severity 5"),
    CASE(local_cleanup, "section 'locals' row 2: symbol 6 out of range (6)"),
    CASE(path_kind, "section 'paths' row 2: unknown kind 14"),
    CASE(path_none, "section 'paths' row 2: unknown kind 0"),
    CASE(path_cycle, "section 'paths' row 2: parent 3 is not an earlier"),
    CASE(path_self, "section 'paths' row 2: parent 2 is not an earlier"),
    CASE(path_rootless, "section 'paths' row 2: parent 0 is not an earlier"),
    CASE(path_root_parent, "section 'paths' row 1: parent 1 where none"),
    CASE(path_local, "section 'paths' row 1: local 3 out of range (3)"),
    CASE(path_field, "section 'paths' row 3: field 5 out of range (5)"),
    CASE(path_reserved, "section 'paths' row 3: reserved"),
    CASE(path_cancels, "section 'paths' row 3: DEREF and ADDR cancel out"),
    CASE(function_deref, "section 'paths' row 2: DEREF or ADDR of a function"),
    CASE(function_symbol, "section 'functions' row 1: symbol 0 is missing"),
    CASE(function_locals, "section 'functions' row 1: 3 locals from 1 on"),
    CASE(function_params, "row 1: 3 parameters among 2 locals"),
    CASE(param_order, "row 1: local 1: parameters come first"),
    CASE(function_blocks, "row 1: 6 blocks from 1 on out of range (6)"),
    CASE(no_exit, "row 1: an entry block without an exit block"),
    CASE(function_events, "row 1: block 4: events outside the function's"),
    CASE(events_before, "row 1: block 0: events outside the function's"),
    CASE(events_left, "row 1: 8 events, its blocks have 7"),
    CASE(twice, "row 2: block 1 is also in another function"),
    CASE(local_twice, "row 2: local 1 is also in function 1"),
    CASE(block_events, "section 'blocks' row 3: 99 events"),
    CASE(event_twice, "row 1: event 4 is in two blocks"),
    CASE(exit_busy, "row 1: the exit block is not empty"),
    CASE(edge_twice, "row 1: edge 3 is in two blocks"),
    CASE(edge_out, "row 1: edge 3 goes to block 0, outside the function"),
    CASE(edge_cond, "section 'edges' row 3: condition 2 out of range (2)"),
    CASE(cond_op, "section 'conds' row 1: unknown operator 7"),
    CASE(cond_lhs, "section 'conds' row 1: left side 999"),
    CASE(event_kind, "section 'events' row 2: unknown kind 14"),
    CASE(event_path, "section 'events' row 2: path 999 out of range"),
    CASE(event_sym, "section 'events' row 2: symbol 99 out of range (6)"),
    CASE(event_args, "section 'events' row 2: 99 args from 2 on"),
    CASE(arg_twice, "section 'events' row 2: argument 2 is of two calls"),
    CASE(call_nobody, "section 'events' row 2: call of no symbol"),
    CASE(scope_of_what, "row 3: end of the scope of no local"),
    CASE(arg_path, "section 'args' row 1: path 999 out of range"),
    CASE(foreign_local, "is of another function"),
    CASE(foreign_cond, "section 'edges' row 1: right side"),
    CASE(foreign_temp, "is of another function"),
};

static void broken_promises_are_named(void **state)
{
    int failures = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        HfFactsBuilder *b = hf_facts_builder_new();
        Sample m;
        HfFacts *f;

        sample_decls(b, &m);
        sample_body(b, &m);
        cases[i].break_it(b, &m);
        f = hf_facts_builder_finish(b);
        if (hf_facts_check(f, "FILE", &error)) {
            print_error("%s: accepted\n", cases[i].label);
            failures++;
        } else if (!g_str_has_prefix(error->message, "FILE: section '") ||
                   !strstr(error->message, cases[i].why)) {
            print_error("%s: %s\n", cases[i].label, error->message);
            failures++;
        }
        hf_facts_free(f);
    }
    assert_int_equal(failures, 0);
}

static void the_sample_is_sound(void **state)
{
    g_autoptr(GError) error = NULL;
    Sample m;
    HfFacts *f = sample_facts(&m);

    assert_true(hf_facts_check(f, "sample", &error));
    assert_null(error);
    hf_facts_free(f);
}

static void strings_end(void **state)
{
    g_autoptr(GError) error = NULL;
    Sample m;
    HfFacts *f = sample_facts(&m);

    f->n_strings--;
    assert_false(hf_facts_check(f, "s", &error));
    assert_non_null(strstr(error->message, "no NUL at the end"));
    f->n_strings++;
    hf_facts_free(f);
}

static void a_dump_of_nonsense_says_so(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);
    HfFactsBuilder *b = hf_facts_builder_new();
    HfFacts *f;

    hf_facts_add_functions(b, &(HfFunction){ .symbol = 7 });
    f = hf_facts_builder_finish(b);
    hf_facts_dump(f, NULL, out);
    assert_string_equal(out->str, "facts: section 'functions' row 1: "
                                  "symbol 7 out of range (1)\n");
    hf_facts_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_is_sound),
        cmocka_unit_test(broken_promises_are_named),
        cmocka_unit_test(strings_end),
        cmocka_unit_test(a_dump_of_nonsense_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
