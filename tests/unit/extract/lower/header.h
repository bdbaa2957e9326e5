/* SPDX-License-Identifier: MIT */
/* Not used, not lowered, whatever it mentions. */
struct unused {
    int x;
};
static inline int unused_function(struct unused *u)
{
    return u->x;
}
int unused_declaration(void);

struct used {
    int x;
    struct opaque *o;
    struct unused *never_completed;
};

static inline int second(struct used *u);

static inline int first(struct used *u)
{
    return second(u);
}

static inline int by_value(struct used *u)
{
    return u->x;
}

static inline int second(struct used *u)
{
    static int calls;

    calls++;
    return u->x;
}

static inline void in_initialiser(void)
{
}

typedef void fn(void);
static fn *const table[] = { in_initialiser };

int not_inline(void)
{
    return 3;
}
