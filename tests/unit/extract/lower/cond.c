/* SPDX-License-Identifier: MIT */
/* Conditions, whatever they are wrapped in. */
#define NULL ((void *)0)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

struct S {
    int f;
    unsigned u;
    struct S *next;
};

int more(void);
struct S *find(int key);
void yes(void);
void no(void);

void wrapped(int x, struct S *p)
{
    if (!x) {
        yes();
    }
    if (!!x) {
        yes();
    }
    if ((x)) {
        yes();
    }
    if (x == 0) {
        yes();
    }
    if (0 != x) {
        yes();
    }
    if (p != NULL) {
        yes();
    }
    if (NULL == p) {
        yes();
    }
    if (!(p == NULL)) {
        yes();
    }
    if (likely(p)) {
        yes();
    }
    if (unlikely(x > 3)) {
        yes();
    }
    if ((_Bool)x) {
        yes();
    }
    if (yes(), x) {
        yes();
    }
    if (x ? 1 : 0) {
        yes();
    }
    if (!(x ? 0 : 1)) {
        yes();
    }
    if ((x && p) == 0) {
        yes();
    }
    if ((x == 3) != 1) {
        yes();
    }
}

void short_circuit(int x, int y, int z)
{
    if (x && y) {
        yes();
    } else {
        no();
    }
    if (x || y) {
        yes();
    } else {
        no();
    }
    if (!(x && (y || !z))) {
        yes();
    } else {
        no();
    }
    while (x && more() && !y) {
        yes();
    }
}

void comparisons(int x, int y, struct S *p)
{
    if (x < 3) {
        yes();
    }
    if (3 < x) {
        yes();
    }
    if (x <= y) {
        yes();
    }
    if (p->u >= 7) {
        yes();
    }
    if (p->f == y) {
        yes();
    }
    if (p->next != p) {
        yes();
    }
    if ((x & 1) == p->f) {
        yes();
    }
    if (x & 1) {
        yes();
    }
    if (x + y) {
        yes();
    }
}

void assignments(struct S *p, int key)
{
    int x;

    if ((p = find(key))) {
        yes();
    }
    if ((p = find(key)) != NULL) {
        yes();
    }
    if ((x = more()) < 0) {
        no();
    }
    while ((p = p->next)) {
        yes();
    }
    if ((p->f = more())) {
        yes();
    }
}

void calls(void)
{
    if (more()) {
        yes();
    }
    if (!more()) {
        no();
    }
    if (more() == -1) {
        no();
    }
    if (find(1)->f) {
        yes();
    }
}

void choices(int x, int y, int z)
{
    if (x ? y : z) {
        yes();
    }
    if (x ? y == 1 : !z) {
        yes();
    }
    if (x ?: y) {
        yes();
    }
}

/* The way glib spells G_LIKELY. */
#define BOOLEAN(e) __extension__({ int b_; if (e) b_ = 1; else b_ = 0; b_; })

void through_a_variable(int x, struct S *p)
{
    if (__builtin_expect(BOOLEAN(x && p), 1)) {
        yes();
    } else {
        no();
    }
    if (({ int t = x; t; })) {
        yes();
    }
}

void constants(void)
{
    if (1 < 2) {
        yes();
    }
    if (!NULL) {
        yes();
    }
    if ("text") {
        yes();
    }
    if (yes) {
        yes();
    }
}
