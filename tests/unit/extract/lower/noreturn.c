/* SPDX-License-Identifier: MIT */
/* noreturn: fatal */
/* Where control ends. */
void gnu(int code) __attribute__((noreturn));
_Noreturn void c11(void);
__attribute__((__noreturn__)) void before(void);
void fatal(const char *why);
void a(void);
int more(void);

#define check(e) ((e) ? (void)0 : gnu(1))
#define check2(e) ({ if (e) ; else c11(); })

int ends(int n)
{
    switch (n) {
    case 1:
        gnu(1);
    case 2:
        c11();
    case 3:
        before();
    case 4:
        fatal("rules say so");
    case 5:
        __builtin_unreachable();
    case 6:
        __builtin_trap();
    case 7:
        a();
    }
    return n;
}

int checks(int *p)
{
    check(p);
    check2(*p > 0);
    return *p;
}

int inside_expressions(int n)
{
    int v = n ? more() : (gnu(2), 0);

    return v;
}

int never(void)
{
    gnu(more());
    a();
}

void arguments_after(int n)
{
    fatal(n ? "x" : "y");
}
