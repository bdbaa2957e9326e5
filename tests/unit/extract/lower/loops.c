/* SPDX-License-Identifier: MIT */
/* if, while, do, for with every combination of parts left out. */
void a(void);
void b(void);
int more(void);

void if_else(int x, int y)
{
    if (x) {
        a();
    } else if (y) {
        b();
    }
    if (x)
        a();
    a();
}

void while_loop(int n)
{
    while (n) {
        if (more()) {
            continue;
        }
        if (!more()) {
            break;
        }
        n--;
    }
    a();
}

void do_loop(void)
{
    do {
        if (more()) {
            continue;
        }
        a();
    } while (more());
    b();
}

void for_loops(int n)
{
    int i;

    for (i = 0; i < n; i++) {
        a();
    }
    for (; i < n; i++) {
        a();
    }
    for (i = 0; i < n;) {
        a();
    }
    for (i = 0;; i++) {
        break;
    }
    for (; more();) {
        a();
    }
    for (i = 1;;) {
        break;
    }
    for (;; more()) {
        if (n) {
            break;
        }
    }
    for (;;) {
        if (more())
            break;
    }
}

#define EACH(v, n) for (; (v) < (n); (v)++)
#define FOREVER(step) for (;; step)

void for_in_macros(int i, int n)
{
    EACH(i, n) {
        a();
    }
    FOREVER(i++) {
        if (more())
            return;
    }
}

void constant_conditions(void)
{
    do {
        a();
    } while (0);
    if (0) {
        b();
    }
    if (1) {
        a();
    } else {
        b();
    }
    while (0) {
        b();
    }
    do {
        if (more()) {
            break;
        }
        if (more()) {
            continue;
        }
        a();
    } while (0);
    if (sizeof(int) == 8 && more()) {
        b();
    }
    while (1) {
        a();
    }
}

void after_forever(void)
{
    for (;;) {
        a();
    }
    b();
}

int locals_of_loops(int n)
{
    for (int i = 0, j = n; i < j; i++) {
        int k = more();

        if (k == 1) {
            continue;
        }
        if (k == 2) {
            break;
        }
        if (k == 3) {
            return k;
        }
        a();
    }
    return 0;
}
