/* SPDX-License-Identifier: MIT */
/* Differences of unsigned operands that decide a branch. */
typedef unsigned long size_t;
typedef unsigned char u8;

struct ring {
    unsigned head, tail;
    size_t size;
    long offset;
};

void a(void);
int sink;

void reported(struct ring *r, size_t n, unsigned m)
{
    if (r->head - r->tail > 0) {
        a();
    }
    while (r->size - n >= 0) {
        a();
    }
    if (n - r->size <= 0) {
        a();
    }
    for (; m - r->head < 0;) {
        a();
    }
    if (0 < n - m) {
        a();
    }
    if (!(n - m > 0) && sink) {
        a();
    }
    sink = n - m > 0 ? 1 : 2;
    do {
        a();
    } while ((n - r->size) > 0);
}

void fine(struct ring *r, size_t n, unsigned m, int i, u8 b)
{
    unsigned difference = r->head - r->tail;

    if (r->head - r->tail != 0) {
        a();
    }
    if (n - m) {
        a();
    }
    if (n - 1 > 0) {
        a();
    }
    if (n - m > 5) {
        a();
    }
    if (i - r->offset > 0) {
        a();
    }
    if (b - (u8)i > 0) {
        a();
    }
    if ((int)(r->head - r->tail) > 0) {
        a();
    }
    if (difference > 0) {
        a();
    }
    sink = n - m > 0;
}
