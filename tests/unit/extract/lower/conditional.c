/* SPDX-License-Identifier: MIT */
/* ?: and a ?: b as values, as effects, and of objects. */
struct S {
    int f;
    struct S *next;
};

int more(void);
void a(void);
void b(void);

int value(int c, struct S *s)
{
    return c ? s->f : more();
}

int evaluated_once(struct S *s)
{
    return more() ?: s->f;
}

struct S *default_object(struct S *p, struct S *q)
{
    return p ?: q;
}

int member_first(struct S *s)
{
    return s->f ?: 3;
}

void effects(int c)
{
    c ? a() : b();
    c ? (void)more() : b();
    (void)(more() ?: more());
}

int nested(int x, int y)
{
    return x ? 1 : y ? 2 : 3;
}

void member_of_choice(int c, struct S *p, struct S *q)
{
    (c ? p : q)->f = 1;
    *(c ? &p->f : &q->f) = 2;
}

int constant(int x, int y)
{
    return 1 ? x : y;
}

void call_of_choice(int c)
{
    (c ? a : b)();
}
