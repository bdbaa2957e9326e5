/* SPDX-License-Identifier: MIT */
/* container_of in all its spellings. */
#define offsetof(t, m) __builtin_offsetof(t, m)
#define NULL ((void *)0)

#define gnu_container_of(ptr, type, member) ({                  \
        const typeof(((type *)0)->member) *p_ = (ptr);          \
        (type *)((char *)p_ - offsetof(type, member)); })
#define linux_container_of(ptr, type, member) ({                \
        void *p_ = (void *)(ptr);                               \
        _Static_assert(sizeof(*(ptr)), "x");                    \
        ((type *)(p_ - offsetof(type, member))); })
#define plain_container_of(ptr, type, member)                   \
    ((type *)((char *)(ptr) - offsetof(type, member)))
#define integer_container_of(ptr, type, member)                 \
    ((type *)((unsigned long)(ptr) - offsetof(type, member)))
#define old_container_of(ptr, type, member)                     \
    ((type *)((char *)(ptr) - (unsigned long)&((type *)0)->member))
#define upcast(type, field, dev) (__extension__ ({              \
        char __attribute__((unused)) must_be_zero[              \
            -offsetof(type, field)];                            \
        gnu_container_of(dev, type, field); }))

struct base {
    int id;
};

struct derived {
    struct base base;
    struct {
        struct base first, second;
    } pair;
    struct {
        int anon;
    };
    int extra;
    struct base list[4];
};

struct node {
    struct derived *owner;
};

int sink;

void spellings(struct base *b)
{
    sink = gnu_container_of(b, struct derived, base)->extra;
    sink = linux_container_of(b, struct derived, base)->extra;
    sink = plain_container_of(b, struct derived, base)->extra;
    sink = integer_container_of(b, struct derived, base)->extra;
    sink = old_container_of(b, struct derived, base)->extra;
    sink = upcast(struct derived, base, b)->extra;
}

void there_and_back(struct derived *d, struct base *b)
{
    struct derived *same = gnu_container_of(&d->base, struct derived, base);
    struct derived *far = gnu_container_of(&d->pair.second, struct derived,
                                           pair.second);

    sink = same->extra + far->extra;
    sink = plain_container_of(b, struct derived, base)->base.id;
}

void through_memory(struct node *n)
{
    struct derived *d = gnu_container_of(&n->owner->base, struct derived,
                                         base);

    sink = d->extra;
}

void nested(int *anon, struct base *second)
{
    sink = plain_container_of(anon, struct derived, anon)->extra;
    sink = plain_container_of(second, struct derived, pair.second)->extra;
}

void element(struct base *b, struct node *n)
{
    sink = plain_container_of(b, struct derived, list[b->id])->extra;
    sink = plain_container_of(&n->owner->list[2], struct derived, list[2])->
               extra;
}
