/* SPDX-License-Identifier: MIT */
/* Where things are: expansion, outermost macro, spelling. */
#define VALUE 3
#define ADD(a, b) ((a) + (b))
#define OUTER(x) ADD(x, ADD(x, VALUE))
#define STORE(p, v) do { (p)->f = (v); } while (0)
#define NAME(n) made_ ## n

struct S {
    int f;
};

int NAME(up)(struct S *s);
int sink;

int places(struct S *s,
           int n)
{
    sink = s->f;
    sink = VALUE;
    sink = OUTER(s->f);
    STORE(s,
          NAME(up)(s));
    if (OUTER(n)) {
        STORE(s, 2);
    }
    return	s->f; /* after a tab */
}
