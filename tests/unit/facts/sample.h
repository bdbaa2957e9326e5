/* SPDX-License-Identifier: MIT */
/*
 * sample.h - a small unit that has something in every table, for the tests
 * of facts.  What it says is roughly
 *
 *     struct State { Mutex lock; void (*cb)(State *); union { int n; }; };
 *     static State the_state = { .cb = on_change };
 *     int use(State *s, int flag)
 *     {
 *         QEMU_ish_LOCK(&s->lock);
 *         if (flag) { s->n = peek("a\tb"); } else { s->cb(s); }
 *         return s->n;
 *     }
 */
#ifndef HOLDFAST_TEST_FACTS_SAMPLE_H
#define HOLDFAST_TEST_FACTS_SAMPLE_H

#include "facts/facts.h"

typedef struct {
    HfId file, header;
    HfId mutex, state, inner;
    HfId f_lock, f_cb, f_anon, f_n;
    HfId use, lock, peek, on_change, the_state;
    HfId s, flag;
    HfId calls; /* first of the events of use() */
} Sample;

static inline HfId sample_loc(HfFactsBuilder *b, HfId file, uint32_t line,
                              uint32_t col)
{
    return hf_facts_loc(b, &(HfLoc){ .file = file, .line = line, .col = col });
}

static inline HfId sample_field(HfFactsBuilder *b, const Sample *m,
                                HfId record, const char *name,
                                const char *type, HfId type_record,
                                uint32_t flags, uint32_t line)
{
    return hf_facts_add_fields(b, &(HfField){
        .record = record,
        .name = hf_facts_string(b, name),
        .type = hf_facts_string(b, type),
        .type_record = type_record,
        .type_flags = flags,
        .loc = sample_loc(b, m->header, line, 5),
    });
}

static inline HfId sample_record(HfFactsBuilder *b, const Sample *m,
                                 const char *name, uint32_t flags,
                                 uint32_t line)
{
    return hf_facts_add_records(b, &(HfRecord){
        .key = hf_facts_string(b, name),
        .name = hf_facts_string(b, name),
        .loc = sample_loc(b, m->header, line, 1),
        .flags = flags,
        .first_field = hf_facts_count_fields(b),
    });
}

static inline HfId sample_symbol(HfFactsBuilder *b, const Sample *m,
                                 const char *name, HfSymbolKind kind,
                                 HfLinkage linkage, uint32_t line)
{
    return hf_facts_add_symbols(b, &(HfSymbol){
        .key = hf_facts_string(b, name),
        .name = hf_facts_string(b, name),
        .kind = kind,
        .linkage = linkage,
        .decl_loc = sample_loc(b, m->file, line, 6),
        .type = hf_facts_string(b, "int (State *, int)"),
        .type_flags = HF_TYPE_INTEGRAL,
        .n_params = kind == HF_SYM_FUNCTION ? 2 : 0,
    });
}

static inline HfId sample_event(HfFactsBuilder *b, const Sample *m,
                                HfEventKind kind, uint32_t line, uint32_t col,
                                HfId sym, HfId path, HfId value)
{
    return hf_facts_add_events(b, &(HfEvent){
        .kind = kind,
        .loc = sample_loc(b, m->file, line, col),
        .sym = sym,
        .path = path,
        .value = value,
        .first_arg = hf_facts_count_args(b),
    });
}

static inline void sample_arg(HfFactsBuilder *b, HfId path)
{
    hf_facts_at_events(b, hf_facts_count_events(b) - 1)->n_args++;
    hf_facts_add_args(b, &path);
}

static inline void sample_block(HfFactsBuilder *b, HfId first_event)
{
    hf_facts_add_blocks(b, &(HfBlock){
        .first_event = first_event,
        .n_events = hf_facts_count_events(b) - first_event,
        .first_edge = hf_facts_count_edges(b),
    });
}

static inline void sample_edge(HfFactsBuilder *b, HfId to, HfId cond,
                               uint32_t flags)
{
    hf_facts_at_blocks(b, hf_facts_count_blocks(b) - 1)->n_edges++;
    hf_facts_add_edges(b, &(HfEdge){ to, cond, flags });
}

static inline void sample_decls(HfFactsBuilder *b, Sample *m)
{
    m->file = hf_facts_add_files(b, &(HfFile){
        hf_facts_string(b, "/src/use.c"), HF_FILE_MAIN, 0x1234567890abcdefu });
    m->header = hf_facts_add_files(b, &(HfFile){
        hf_facts_string(b, "/usr/include/state.h"), HF_FILE_SYSTEM, 7 });
    hf_facts_set_unit(b, HF_UNIT_OK, m->file, "use.o");

    m->mutex = sample_record(b, m, "Mutex", 0, 1);
    m->state = sample_record(b, m, "State", 0, 3);
    m->f_lock = sample_field(b, m, m->state, "lock", "Mutex", m->mutex,
                             HF_TYPE_RECORD, 4);
    m->f_cb = sample_field(b, m, m->state, "cb", "void (*)(State *)", 0,
                           HF_TYPE_FUNCTION_POINTER, 5);
    m->f_anon = sample_field(b, m, m->state, "", "union State::(anonymous)",
                             0, HF_TYPE_RECORD, 6);
    hf_facts_at_records(b, m->state)->n_fields = 3;
    hf_facts_at_records(b, m->state)->size = 24;
    hf_facts_at_records(b, m->state)->n_parts = 2;
    hf_facts_at_records(b, m->state)->first_part =
        hf_facts_add_parts(b, &(HfPart){ m->state, 8, 8, HF_PART_POINTER, 0,
            hf_facts_string(b, "cb") });
    hf_facts_add_parts(b, &(HfPart){ m->state, 20, 4, HF_PART_PADDING, 0,
        hf_facts_string(b, "n") });
    m->inner = sample_record(b, m, "State::(anonymous)",
                             HF_RECORD_UNION | HF_RECORD_ANONYMOUS, 6);
    m->f_n = sample_field(b, m, m->inner, "n", "int", 0, HF_TYPE_INTEGRAL, 7);
    hf_facts_at_records(b, m->inner)->n_fields = 1;
    hf_facts_at_fields(b, m->f_anon)->type_record = m->inner;

    m->use = sample_symbol(b, m, "use", HF_SYM_FUNCTION, HF_LINKAGE_EXTERNAL,
                           20);
    hf_facts_at_symbols(b, m->use)->def_loc = sample_loc(b, m->file, 20, 6);
    hf_facts_at_symbols(b, m->use)->flags = HF_SYM_DEFINED;
    m->lock = sample_symbol(b, m, "LOCK", HF_SYM_MACRO, HF_LINKAGE_EXTERNAL,
                            2);
    m->peek = sample_symbol(b, m, "peek", HF_SYM_FUNCTION,
                            HF_LINKAGE_EXTERNAL, 3);
    m->on_change = sample_symbol(b, m, "on_change", HF_SYM_FUNCTION,
                                 HF_LINKAGE_INTERNAL, 5);
    hf_facts_at_symbols(b, m->on_change)->key =
        hf_facts_string(b, "c:use.c@F@on_change@/src/use.c");
    m->the_state = sample_symbol(b, m, "the_state", HF_SYM_VARIABLE,
                                 HF_LINKAGE_INTERNAL, 8);

    hf_facts_add_annots(b, &(HfAnnot){ HF_OWNER_FIELD, m->f_n,
        hf_facts_string(b, "tsa:guarded_by:lock"),
        sample_loc(b, m->header, 7, 11), 0 });
    hf_facts_add_annots(b, &(HfAnnot){ HF_OWNER_SYMBOL, m->use,
        hf_facts_string(b, "macro:IO_CODE"), sample_loc(b, m->file, 22, 5),
        HF_ANNOT_MARKER | HF_ANNOT_IN_BODY });
    hf_facts_add_bindings(b, &(HfBinding){ m->on_change, m->f_cb,
        m->the_state, sample_loc(b, m->file, 8, 30) });
    hf_facts_add_comments(b, &(HfComment){ sample_loc(b, m->file, 23, 9), 24,
        hf_facts_string(b, "holdfast: intentional(MISSING_LOCK)\nwhy") });
    hf_facts_add_remarks(b, &(HfRemark){ HF_OWNER_FIELD, m->f_n,
        sample_loc(b, m->header, 7, 11),
        hf_facts_string(b, "Protected by lock."), HF_REMARK_TRAILING });
    hf_facts_add_diags(b, &(HfDiag){ HF_DIAG_WARNING,
        sample_loc(b, m->file, 9, 2), hf_facts_string(b, "odd") });
}

static inline void sample_body(HfFactsBuilder *b, Sample *m)
{
    HfFunction fn = { .symbol = m->use, .loc = sample_loc(b, m->file, 20, 6),
                      .end_line = 30, .n_params = 2, .n_locals = 2,
                      .n_blocks = 5 };
    HfId s, s_lock, s_n, s_cb, temp, cond;

    fn.first_local = m->s = hf_facts_add_locals(b, &(HfLocal){
        .name = hf_facts_string(b, "s"), .type = hf_facts_string(b, "State *"),
        .type_record = m->state, .type_flags = HF_TYPE_POINTER,
        .flags = HF_LOCAL_PARAM, .loc = sample_loc(b, m->file, 20, 17) });
    m->flag = hf_facts_add_locals(b, &(HfLocal){
        .name = hf_facts_string(b, "flag"), .type = hf_facts_string(b, "int"),
        .type_flags = HF_TYPE_INTEGRAL, .flags = HF_LOCAL_PARAM,
        .loc = sample_loc(b, m->file, 20, 24) });
    hf_facts_add_annots(b, &(HfAnnot){ HF_OWNER_LOCAL, m->s,
        hf_facts_string(b, "nonnull"), sample_loc(b, m->file, 20, 12), 0 });

    s = hf_facts_path(b, HF_PATH_LOCAL, 0, m->s, 0);
    s_n = hf_facts_path(b, HF_PATH_DEREF, s, 0, 0);
    s_lock = hf_facts_path(b, HF_PATH_FIELD, s_n, m->f_lock, 0);
    s_lock = hf_facts_path(b, HF_PATH_ADDR, s_lock, 0, 0);
    s_cb = hf_facts_path(b, HF_PATH_FIELD, s_n, m->f_cb, 0);
    s_n = hf_facts_path(b, HF_PATH_FIELD, s_n, m->f_anon, 0);
    s_n = hf_facts_path(b, HF_PATH_FIELD, s_n, m->f_n, 0);

    fn.first_block = hf_facts_count_blocks(b);
    fn.first_event = m->calls = sample_event(b, m, HF_EV_CALL, 22, 5, m->lock,
                                             0, 0);
    hf_facts_at_events(b, fn.first_event)->loc = hf_facts_loc(b, &(HfLoc){
        m->file, 22, 5, hf_facts_string(b, "LOCK"), m->header, 40, 9 });
    sample_arg(b, s_lock);
    sample_block(b, fn.first_event);
    cond = hf_facts_add_conds(b, &(HfCond){ .op = HF_COND_NE,
        .lhs = hf_facts_path(b, HF_PATH_LOCAL, 0, m->flag, 0),
        .rhs = hf_facts_path(b, HF_PATH_CONST, 0, 0, 0),
        .loc = sample_loc(b, m->file, 23, 9) });
    sample_edge(b, fn.first_block + 2, cond, 0);
    sample_edge(b, fn.first_block + 3, cond, HF_EDGE_NEGATED);
    sample_block(b, 0); /* the exit */
    hf_facts_at_blocks(b, fn.first_block + 1)->n_events = 0;

    temp = sample_event(b, m, HF_EV_CALL, 24, 16, m->peek, 0, 0);
    sample_arg(b, hf_facts_path(b, HF_PATH_STRING, 0,
                                hf_facts_string(b, "a\tb"), 0));
    sample_event(b, m, HF_EV_WRITE, 24, 12, 0, s_n,
                 hf_facts_path(b, HF_PATH_TEMP, 0, temp, 0));
    sample_block(b, temp);
    sample_edge(b, fn.first_block + 4, 0, 0);

    temp = sample_event(b, m, HF_EV_READ, 26, 9, 0, s_cb, 0);
    sample_event(b, m, HF_EV_CALL_INDIRECT, 26, 9, 0, s_cb, 0);
    sample_arg(b, s);
    sample_block(b, temp);
    sample_edge(b, fn.first_block + 4, 0, 0);

    temp = sample_event(b, m, HF_EV_READ, 28, 15, 0, s_n, 0);
    sample_event(b, m, HF_EV_RETURN, 28, 5, 0, 0, s_n);
    sample_block(b, temp);
    sample_edge(b, fn.first_block + 1, 0, 0);
    fn.n_events = hf_facts_count_events(b) - fn.first_event;
    hf_facts_add_functions(b, &fn);
}

/* (transfer full) */
static inline HfFacts *sample_facts(Sample *m)
{
    HfFactsBuilder *b = hf_facts_builder_new();

    sample_decls(b, m);
    sample_body(b, m);
    return hf_facts_builder_finish(b);
}

#endif
