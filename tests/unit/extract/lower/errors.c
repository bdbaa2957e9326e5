/* SPDX-License-Identifier: MIT */
/* What is broken is reported, the rest is lowered. */
struct S {
    int f;
};

int good(struct S *s)
{
    return s->f;
}

int bad(struct S *s)
{
    int x = undeclared + s->f;

    s->missing = 3;
    missing_function(s->f;
    return x;
}

int after(struct S *s)
{
    return s->f + 1;
}
