/* SPDX-License-Identifier: MIT */
/* Assembler: outputs are changed, inputs are read. */
struct S {
    int f;
    long l;
};

void plain(void)
{
    asm volatile("nop");
    asm volatile("" ::: "memory");
}

int operands(struct S *s, int *p, int v)
{
    int out;

    asm("op" : "=r"(out), "+m"(*p) : "r"(s->f), "r"(v + 1), "m"(s->l));
    return out;
}

int jumps(int v)
{
    asm goto("jmp %l1" : : "r"(v) : : away);
    return 1;
away:
    return 2;
}

#define BRANCH(l) asm goto("jmp %l0" : : : "memory" : l)

int by_macro(void)
{
    BRANCH(out);
    BRANCH(out);
    return 1;
out:
    return 2;
}
