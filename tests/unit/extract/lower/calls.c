/* SPDX-License-Identifier: MIT */
/* Calls: who, with what, and what becomes of the result. */
typedef unsigned long size_t;

struct ops {
    int (*open)(void *opaque, int flags);
    void (*close)(void *opaque);
    void (*table[4])(void);
};

struct dev {
    const struct ops *ops;
    void *opaque;
    char name[16];
};

typedef void hook(struct dev *d);

int direct(int a, const char *s, void *p);
void *memset(void *s, int c, size_t n);
int snprintf(char *s, size_t n, const char *fmt, ...);
hook *find_hook(int n);
void unprototyped();
extern void (*global_hook)(void);
int sink;

void direct_calls(struct dev *d)
{
    direct(1, "text", d->opaque);
    sink = direct(direct(1, 0, 0), d->name, &d->opaque);
    (direct)(1, 0, 0);
    (*direct)(1, 0, 0);
    (&direct)(1, 0, 0);
    unprototyped(1, 2);
    (void)direct(2, 0, 0);
}

void indirect_calls(struct dev *d, hook *h, void (**pp)(void), int i)
{
    sink = d->ops->open(d->opaque, 3);
    (*d->ops->close)(d->opaque);
    (**d->ops->close)(d->opaque);
    h(d);
    (*pp)();
    pp[1]();
    d->ops->table[i]();
    global_hook();
    find_hook(1)(d);
    ((void (*)(int))d->opaque)(5);
}

void functions_as_values(struct dev *d, hook *h)
{
    h = find_hook(0);
    d->opaque = direct_calls;
    global_hook = &direct_calls ? 0 : global_hook;
    find_hook((long)indirect_calls);
}

void sizes(struct dev *d, struct dev v, int *p, char *raw)
{
    char buf[32];

    memset(d, 0, sizeof(*d));
    memset(&v, 0, sizeof(v));
    memset(&v, 0, sizeof(struct dev));
    memset(buf, 0, sizeof(buf));
    memset(p, 0, sizeof(p));
    memset(raw, 0, sizeof(*d));
    memset(d, 0, 4);
    memset(d, 0, 2 * sizeof(*d));
    snprintf(buf, sizeof(buf), "%d", 1);
    if (snprintf(buf, sizeof buf, "%d", 1) > 3) {
        sink = 1;
    }
}

int builtins(int x, int *p)
{
    sink = __builtin_expect(x, 1);
    sink = __builtin_constant_p(*p) ? 1 : 2;
    sink = __builtin_choose_expr(1, x, *p);
    sink = (int)__builtin_object_size(p, 0);
    p = __builtin_assume_aligned(p, 16);
    __builtin_memset(p, 0, 4);
    return __builtin_popcount(x);
}

int variadic(int n, ...)
{
    __builtin_va_list ap;
    int v;

    __builtin_va_start(ap, n);
    v = __builtin_va_arg(ap, int);
    __builtin_va_end(ap);
    return v;
}

struct pair {
    int a, b;
};
struct pair make_pair(int a);
void take_pair(struct pair p);

void structures(struct pair *p)
{
    struct pair q = make_pair(1);

    take_pair(*p);
    take_pair(make_pair(2));
    q = *p;
    *p = make_pair(3);
    sink = make_pair(4).b;
}
