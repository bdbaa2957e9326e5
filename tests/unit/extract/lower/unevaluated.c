/* SPDX-License-Identifier: MIT */
/* Operands that are not evaluated leave nothing behind. */
struct S {
    int f;
    int arr[3];
};

int more(void);
int sink;

void sizes(struct S *s, int n)
{
    sink = sizeof(s->f);
    sink = sizeof more();
    sink = sizeof(int[3]);
    sink = _Alignof(struct S);
    sink = __builtin_offsetof(struct S, f);
    sink = __builtin_offsetof(struct S, arr[1]);
    sink = __builtin_types_compatible_p(typeof(s->f), int);
    _Static_assert(sizeof(more()) == 4, "size");
    typeof(s->f) t = n;
    typeof(more()) *p = &t;
    sink = *(typeof(s->f) *)p;
    (void)sizeof(s->f ? 1 : 0);
}

void evaluated(struct S *s)
{
    char vla[s->f];
    int (*p)[more()] = 0;

    sink = sizeof(vla);
    sink = p != 0;
}
