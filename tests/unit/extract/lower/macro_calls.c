/* SPDX-License-Identifier: MIT */
/* macro_calls: lock trylock wait_while two_statements with_value peek */
/* Macros kept as one call. */
struct mutex {
    int v;
};

struct S {
    struct mutex lock;
    int ready;
    struct S *next;
};

typedef void lock_fn(struct mutex *m, const char *file, int line);
extern lock_fn *lock_hook;
int try_impl(struct mutex *m, int line);
void poll(void);
int more(int n);
int sink;

#define lock(m) ({ lock_fn *f_ = lock_hook; f_(m, __FILE__, __LINE__); })
#define trylock(m) try_impl(m, __LINE__)
#define wait_while(s, cond) do { while (cond) poll(); } while (0)
#define two_statements(s) poll(); (s)->ready = 1
#define with_value(s, ...) ((s)->ready + more(__VA_ARGS__))
#define peek(x) (&(x))
#define outer(m) (sink = 1, trylock(m))
#define check(e) ((e) ? (void)0 : __builtin_trap())

void statements(struct S *s)
{
    lock(&s->lock);
    wait_while(s->next, s->ready != more(2));
    two_statements(s);
    poll();
}

int expressions(struct S *s)
{
    if (trylock(&s->next->lock)) {
        return 1;
    }
    if (!trylock( /* a , comment */ &s->lock )) {
        return 2;
    }
    sink = with_value(s, more(1)) + 1;
    sink = with_value(s, *")," - more('('));
    *peek(s->ready) = 3;
    return trylock(&s->lock) == 0 && s->ready;
}

void nested(struct S *s)
{
    check(trylock(&s->lock));
    check(trylock(&s->lock) && s->ready);
    outer(&s->lock);
    lock(&({ s->next; })->lock);
}

void no_call(struct S *s)
{
    int (*peek)(struct mutex *, int) = try_impl;

    sink = peek != 0;
}
