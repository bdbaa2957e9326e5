/* SPDX-License-Identifier: MIT */
/* switch: fallthrough, default anywhere, GNU ranges, constants, Duff. */
enum colour { RED, GREEN = 5, BLUE };

void a(void);
void b(void);
void c(void);
int more(void);

void plain(int n)
{
    switch (n) {
    case 1:
        a();
        break;
    case 2:
        a();
        /* fall through */
    case 3:
    case 4:
        b();
        break;
    default:
        c();
    }
    a();
}

void no_default(enum colour k)
{
    switch (k) {
    case RED:
        a();
        break;
    case GREEN:
        return;
    }
    b();
}

void default_first(int n)
{
    switch (n) {
    default:
        a();
        break;
    case -1:
        b();
    }
}

void ranges(int n)
{
    switch (n) {
    case 1 ... 3:
        a();
        break;
    case 10 ... 5000:
        b();
        break;
    }
}

void constant_value(void)
{
    switch (sizeof(short)) {
    case 1:
        a();
        break;
    case 2:
        b();
        break;
    default:
        c();
    }
    switch (7) {
    case 1:
        a();
        break;
    default:
        c();
    }
}

void in_a_loop(int n)
{
    while (more()) {
        switch (n) {
        case 1:
            continue;
        case 2:
            break;
        default:
            return;
        }
        a();
    }
}

void nested(int n, int m)
{
    switch (n) {
    case 1:
        switch (m) {
        case 1:
            a();
            break;
        }
        break;
    case 2:
        b();
    }
}

void duff(int n, int count)
{
    switch (n) {
    case 0:
        do {
            a();
    case 3:
            b();
    case 2:
            c();
        } while (--count > 0);
    }
}

void nothing_before_first_case(int n)
{
    switch (n) {
        a();
    case 1:
        b();
    }
}

int computed(void)
{
    switch (more() & 3) {
    case 1:
        return 1;
    }
    return 0;
}
