/* SPDX-License-Identifier: MIT */
/* Functions stored by initialisers. */
#define NULL ((void *)0)

struct ops {
    const char *name;
    int (*open)(int);
    void (*close)(void);
    struct {
        void (*deep)(void);
    } nested;
    struct {
        void (*anon)(void);
    };
    void (*table[2])(void);
};

struct entry {
    int code;
    void (*run)(void);
};

struct outer {
    struct ops ops;
    struct entry *entries;
    const struct ops *other;
};

static int my_open(int n)
{
    return n;
}
static void one(void)
{
}
static void two(void)
{
}

struct ops designated = {
    .open = my_open,
    .close = &one,
    .nested.deep = two,
    .anon = one,
    .table = { one, [1] = two },
};
struct ops positional = { "x", my_open, one, { two }, { one }, { two, one } };
struct ops elided = { "x", my_open, one, two, one, two, one };
struct ops mixed = { .close = one, two, .name = "y", (int (*)(int))two };
struct outer whole = {
    .ops = { .close = one },
    .entries = (struct entry[]){ { 1, one }, { 2, two }, { 0 } },
    .other = &(const struct ops){ .open = my_open },
};
static const struct entry entries[] = {
    { 1, one },
    { .run = two },
    [5] = { 3, one },
    [7].run = two,
    [8 ... 9] = { 4, one },
};
void (*const pointers[])(void) = { one, NULL, two };
void (*pointer)(void) = one;
int numbers[3] = { 1, 2, 3 };

void locals(struct ops *out)
{
    static struct entry kept = { 1, two };
    struct ops o = { .close = one };
    struct entry list[] = { { 1, one }, { 2, two } };
    void (*p)(void) = one;

    *out = (struct ops){ .open = my_open, .close = p };
    out->close = list[1].run;
    out->close = kept.run;
    *out = o;
}
