/* SPDX-License-Identifier: MIT */
/* &&, ||, ! and comparisons as values. */
struct S {
    int f;
};

int more(void);
void use(int a, int b);

int and_value(int x, int y)
{
    return x && y;
}

int or_value(struct S *s, int y)
{
    int v = s->f || y;

    return v;
}

_Bool not_value(struct S *s)
{
    return !s;
}

int trylock_like(void)
{
    return more() == 0;
}

void as_arguments(int x, int y)
{
    use(x == y, !x);
    use((x & 1) == 0, !(x & 1));
}

int doubled(int x)
{
    return !!x;
}

int constants(int x)
{
    return (0 && x) + (1 || x) + !0 + (2 > 1);
}

int then_tested(int x, int y)
{
    _Bool both = x && y;

    if (both) {
        return 1;
    }
    return 2;
}
