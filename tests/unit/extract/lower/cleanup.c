/* SPDX-License-Identifier: MIT */
/* attribute cleanup: at every way out, last declared first. */
struct lock {
    int held;
};

void unlock(struct lock **l);
void release(void **p);
struct lock *lock(struct lock *l);
void *get(void);
int more(void);
void a(void);

#define GUARD(l) __attribute__((cleanup(unlock))) struct lock *guard_ = lock(l)

static inline void drop_int(int *p)
{
    *p = 0;
}

void fall_off(struct lock *l)
{
    GUARD(l);
    a();
}

int returns(struct lock *l)
{
    __attribute__((cleanup(release))) void *p = get();
    GUARD(l);

    if (more()) {
        return -1;
    }
    return l->held;
}

void loops(struct lock *l)
{
    while (more()) {
        GUARD(l);

        if (more()) {
            continue;
        }
        if (more()) {
            break;
        }
        a();
    }
}

void jumps(struct lock *l)
{
    GUARD(l);
    {
        __attribute__((cleanup(release))) void *p = get();

        if (more()) {
            goto out;
        }
        if (more()) {
            return;
        }
    }
    a();
out:
    more();
}

void jump_back(struct lock *l)
{
again:;
    GUARD(l);

    if (more()) {
        goto again;
    }
}

int statement_expression(struct lock *l)
{
    return ({ GUARD(l); l->held; });
}

#define WITH(l)                                                     \
    for (__attribute__((cleanup(unlock))) struct lock *with_ =      \
             lock(l); with_; unlock(&with_), with_ = (void *)0)

int block(struct lock *l)
{
    WITH(l) {
        if (more()) {
            break;
        }
        if (more()) {
            return 1;
        }
        a();
    }
    return 0;
}

void from_header_like(void)
{
    int x __attribute__((cleanup(drop_int))) = 3;

    a();
}

void switch_scope(struct lock *l, int n)
{
    switch (n) {
    case 1: {
        GUARD(l);
        if (more())
            break;
        a();
    }
        /* fall through */
    default:
        more();
    }
}

#define GLUE_(a, b) a ## b
#define GLUE(a, b) GLUE_(a, b)
#define UNIQUE(l) \
    __attribute__((cleanup(unlock))) struct lock *GLUE(guard, __COUNTER__) = \
        lock(l)

void unique_names(struct lock *l, struct lock *m)
{
    int guard2 = 1;

    UNIQUE(l);
    UNIQUE(m);
    more();
    (void)guard2;
}
