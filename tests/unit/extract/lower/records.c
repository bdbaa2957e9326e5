/* SPDX-License-Identifier: MIT */
/* Records and types of members. */
struct opaque;
typedef struct {
    int x;
} untagged;
union both {
    int i;
    float f;
};
enum kind { ONE, TWO };
enum signed_kind { MINUS = -1, PLUS };

struct all {
    int plain;
    unsigned u;
    _Bool truth;
    char *text;
    const int fixed;
    volatile int changing;
    _Atomic int atomic;
    unsigned bits : 3;
    unsigned : 0;
    enum kind kind;
    enum signed_kind signed_kind;
    float real;
    int array[4];
    int grid[2][3];
    struct opaque *opaque;
    struct opaque **indirect;
    untagged by_value;
    untagged *pointer;
    union both both;
    struct all *self;
    void *any;
    int (*function)(void);
    int (*functions[2])(void);
    struct {
        int in_anonymous;
    };
    struct {
        int in_unnamed;
    } unnamed;
    union {
        struct {
            int deep;
        } a;
        int b;
    } *pointer_to_unnamed;
    int flexible[];
};

int use(struct all *a)
{
    return a->plain + a->in_anonymous + a->unnamed.in_unnamed +
           a->pointer_to_unnamed->a.deep + a->by_value.x + a->both.i +
           a->pointer->x;
}

struct opaque *only_pointed_to(struct opaque *o)
{
    return o;
}
