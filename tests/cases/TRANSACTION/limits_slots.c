/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not followed: ways through more than two function pointers. */
#include <holdfast/annotations.h>

HF_TOKEN_DECLARE(batch);

void batch_begin(void) HF_ACQUIRE(batch);
void batch_end(void) HF_RELEASE(batch);
int total(void) HF_EXCLUDES(batch);

struct Step {
    int (*run)(void);
};
struct Stage {
    int (*go)(struct Step *s);
};
struct Plan {
    int (*next)(struct Stage *g, struct Step *s);
};

static int run_step(struct Step *s)
{
    return s->run();
}

static int go_stage(struct Stage *g, struct Step *s)
{
    return g->go(s);
}

void wire(struct Plan *p, struct Stage *g, struct Step *s);
void wire(struct Plan *p, struct Stage *g, struct Step *s)
{
    p->next = go_stage;
    g->go = run_step;
    s->run = total;
}

/* three function pointers away: not looked for */
int far_away(struct Plan *p, struct Stage *g, struct Step *s);
int far_away(struct Plan *p, struct Stage *g, struct Step *s)
{
    int n;

    batch_begin();
    n = p->next(g, s); // known-limit: TRANSACTION
    batch_end();
    return n;
}
