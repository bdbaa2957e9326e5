/* SPDX-License-Identifier: MIT */
/* Atomic operations by built-ins, C11 objects, and macros over them. */
struct S {
    int n;
    struct S *next;
    _Atomic int a;
    _Atomic(struct S *) p;
};

int sink;
struct S *seen;
_Atomic long total;

void loads(struct S *s)
{
    int v;

    sink = __atomic_load_n(&s->n, __ATOMIC_RELAXED);
    __atomic_load(&s->next->n, &v, __ATOMIC_ACQUIRE);
    sink = v;
    sink = __c11_atomic_load(&s->a, __ATOMIC_SEQ_CST);
    seen = __atomic_load_n(&seen->next, __ATOMIC_ACQUIRE);
}

void stores(struct S *s, int v)
{
    __atomic_store_n(&s->n, v, __ATOMIC_RELEASE);
    __atomic_store(&s->n, &v, __ATOMIC_RELEASE);
    __c11_atomic_store(&s->a, 1, __ATOMIC_SEQ_CST);
    __c11_atomic_init(&s->a, 2);
    __atomic_clear(&s->n, __ATOMIC_RELAXED);
}

void changes(struct S *s, int *p, int v)
{
    int expected = 1;

    sink = __atomic_fetch_add(&s->n, v, __ATOMIC_SEQ_CST);
    __atomic_or_fetch(p, 1, __ATOMIC_SEQ_CST);
    sink = __atomic_exchange_n(&s->n, v, __ATOMIC_SEQ_CST);
    if (__atomic_compare_exchange_n(&s->n, &expected, 2, 0,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        sink = expected;
    }
    __atomic_test_and_set(&s->n, __ATOMIC_SEQ_CST);
    __c11_atomic_fetch_sub(&s->a, 1, __ATOMIC_SEQ_CST);
}

void sync_builtins(struct S *s)
{
    sink = __sync_fetch_and_add(&s->n, 1);
    __sync_bool_compare_and_swap(&s->n, 1, 2);
    __sync_lock_test_and_set(&s->n, 1);
    __sync_lock_release(&s->n);
    __sync_synchronize();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void objects(struct S *s)
{
    s->a = 1;
    sink = s->a;
    s->a++;
    s->a += 2;
    total = s->a;
    if (s->p) {
        sink = s->p->n;
    }
}

#define strip(e) __typeof__(__builtin_choose_expr( \
    __builtin_types_compatible_p(__typeof__(e), const int), 1, (e) + 0))
#define fits(p) while (!(sizeof(*p) <= 8)) __builtin_unreachable()
#define my_read(p) ({ fits(p); __atomic_load_n(p, __ATOMIC_RELAXED); })
#define my_set(p, i) do { fits(p); \
    __atomic_store_n(p, i, __ATOMIC_RELAXED); } while (0)
#define my_rcu_read(p) ({ fits(p); strip(*p) v_; \
    __atomic_load(p, &v_, __ATOMIC_RELAXED); v_; })
#define my_cmpxchg(p, old, new) ({ fits(p); strip(*p) old_ = (old); \
    (void)__atomic_compare_exchange_n(p, &old_, new, 0, \
        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); old_; })
#define my_xchg(p, i) ({ fits(p); \
    __atomic_exchange_n(p, (i), __ATOMIC_SEQ_CST); })
#define my_inc(p) ((void)__atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST))
#define my_read_i64(p) _Generic(*(p), int: __atomic_load_n(p, 0))

void macros(struct S *s)
{
    sink = my_read(&s->n);
    if (my_read(&s->next->n)) {
        my_set(&s->n, 1);
    }
    seen = my_rcu_read(&s->next);
    sink = my_rcu_read(&s->next)->n;
    if (my_cmpxchg(&s->n, 0, 1) == 0) {
        my_inc(&s->n);
    }
    sink = my_xchg(&s->n, 3);
    sink = my_read_i64(&s->n);
}
