/* SPDX-License-Identifier: MIT */
/* Locals: what each member is initialised with. */
struct point {
    int x, y;
};

struct line {
    struct point from, to;
    const char *name;
    union {
        int i;
        char *s;
    };
    unsigned bit : 1, : 3, flag : 1;
};

int more(void);
void use(const void *p);

void scalars(int n)
{
    int a = n, b = { 2 }, c;
    char text[] = "text";
    int *p = &n;

    c = a + b;
    use(text);
    use(p);
    use(&c);
}

void aggregates(int n, struct point *p)
{
    struct line braces = { { 1, n }, { more(), 4 }, "name", { 5 }, 1, 0 };
    struct line elided = { 1, 2, 3, 4, "name", 5, 1, 1 };
    struct line named = { .to = *p, .from.y = n, .i = 6, .flag = 1 };
    struct line copy = named;
    struct line two = { *p, { n, n } };
    struct point none = { 0 }, empty = {};

    use(&braces);
    use(&elided);
    use(&copy);
    use(&two);
    use(&none);
    use(&empty);
}

void arrays(int n)
{
    int plain[] = { 1, n, more() };
    int indexed[8] = { [3] = n, 4, [1] = 2 };
    int grid[2][2] = { { 1, 2 }, { 3, n } };
    int flat[2][2] = { 1, 2, 3, n };
    struct point points[] = { { 1, n }, { .y = n } };
    int range[10] = { [2 ... 4] = n };
    int variable[n];

    use(plain);
    use(indexed);
    use(grid);
    use(flat);
    use(points);
    use(range);
    use(variable);
}

void compound_literals(int n)
{
    struct point p = (struct point){ n, 2 };

    use(&(struct point){ .y = n });
    use((int[]){ n, 3 });
    p = (struct point){ .x = more() };
    use(&p);
    n = (int){ 7 };
}

void many(int n)
{
    unsigned char bytes[70] = {
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
        1, 2, 3, 4, more(), 6, 7, 8, 9, 10,
    };

    use(bytes);
}
