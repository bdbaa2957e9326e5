/* SPDX-License-Identifier: MIT */
/* _Generic, and the lock guards that are made of it. */
typedef struct mutex mutex;
typedef struct rec_mutex rec_mutex;
typedef struct lockable {
    void *object;
    void (*lock)(void *);
    void (*unlock)(void *);
} lockable;

void mutex_lock(mutex *m);
void mutex_unlock(mutex *m);
void rec_mutex_lock(rec_mutex *m);
void rec_mutex_unlock(rec_mutex *m);
lockable *null_lockable(void *x);
lockable *auto_lock(lockable *x);
void auto_unlock(lockable *x);

static inline lockable *make_lockable(void *x, lockable *l)
{
    return x ? l : (void *)0;
}

static inline void guard_cleanup(lockable **l)
{
    if (*l) {
        auto_unlock(*l);
    }
}

#define OBJ(x, name) (&(lockable){                      \
        .object = (x),                                  \
        .lock = (void (*)(void *))name ## _lock,        \
        .unlock = (void (*)(void *))name ## _unlock,    \
    })
#define MAKE_LOCKABLE(x)                                \
    _Generic((x), lockable *: (x),                      \
             void *: null_lockable(x),                  \
             mutex *: make_lockable(x, OBJ(x, mutex)),  \
             rec_mutex *: make_lockable(x, OBJ(x, rec_mutex)))
#define AUTO __attribute__((cleanup(guard_cleanup))) lockable *
#define WITH_GUARD_(x, var)                             \
    for (AUTO var = auto_lock(MAKE_LOCKABLE((x)));      \
         var; auto_unlock(var), var = (void *)0)
#define WITH_GUARD(x) WITH_GUARD_((x), guard_)
#define GUARD(x) AUTO guard_ __attribute__((unused)) = \
    auto_lock(MAKE_LOCKABLE((x)))

struct S {
    mutex *m;
    rec_mutex *r;
    int n;
};

int more(void);

int guard(struct S *s)
{
    GUARD(s->m);

    return s->n;
}

void with_guard(struct S *s)
{
    WITH_GUARD(s->r) {
        if (more()) {
            break;
        }
        s->n = 1;
    }
}

lockable *others(lockable *l, void *p)
{
    lockable *made = MAKE_LOCKABLE(l);

    return more() ? made : MAKE_LOCKABLE(p);
}

typedef unsigned long u64;
typedef u64 aligned_u64;
int from_int(int v);
int from_u64(u64 v);
int from_default(void);

#define kind(x) _Generic((x), int: from_int, u64: from_u64, \
                         default: from_default)(x)
#define one(x) _Generic(*(x), u64: *(x))

int by_type(int i, aligned_u64 u, u64 *p, const u64 c, double d)
{
    return kind(i) + kind(u) + kind(c) + (int)one(p) +
           _Generic(d, int: 1, default: 2);
}
