/* SPDX-License-Identifier: MIT */
/*
 * check.h - what the parts of the checking of facts share.  Private to facts.
 */
#ifndef HOLDFAST_FACTS_CHECK_H
#define HOLDFAST_FACTS_CHECK_H

#include "facts/facts.h"

G_BEGIN_DECLS

typedef struct {
    const HfFacts *f;
    const char *name;    /* of the file, for messages */
    const char *section; /* being looked at */
    uint32_t row;
    GError **error;
    /* who owns a row: a HfFunction, or 0 */
    uint32_t *local_owner;
    uint32_t *event_owner;
    uint32_t *path_owner; /* of the local or temp at its root */
    guint8 *edge_taken;
    guint8 *arg_taken;
} HfCheck;

/* Set the error; always FALSE. */
gboolean hf_check_fail(HfCheck *c, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
gboolean hf_check_bad_index(HfCheck *c, const char *what, uint32_t id,
                            uint32_t n);

static inline gboolean hf_check_index(HfCheck *c, const char *what, uint32_t id,
                                      uint32_t n)
{
    return G_LIKELY(id < n) || hf_check_bad_index(c, what, id, n);
}

/* As above, and 0 will not do. */
static inline gboolean hf_check_index_set(HfCheck *c, const char *what,
                                          uint32_t id, uint32_t n)
{
    return G_LIKELY(id - 1 < n - 1) || hf_check_bad_index(c, what, id, n);
}

static inline gboolean hf_check_str(HfCheck *c, const char *what, HfStr s)
{
    return hf_check_index(c, what, s, c->f->n_strings);
}

static inline gboolean hf_check_loc(HfCheck *c, HfId loc)
{
    return hf_check_index(c, "loc", loc, c->f->n_locs);
}

/* n rows from first on, of a table of n_table rows. */
gboolean hf_check_span(HfCheck *c, const char *what, uint32_t first, uint32_t n,
                       uint32_t n_table);

/* check_paths.c; the second wants the owners of locals and events set */
gboolean hf_check_paths(HfCheck *c);
void hf_check_own_paths(HfCheck *c);

/* check_bodies.c */
gboolean hf_check_functions(HfCheck *c); /* sets the owners */
gboolean hf_check_uses(HfCheck *c);      /* wants those of paths */

G_END_DECLS

#endif
