/* SPDX-License-Identifier: MIT */
/* annotate on everything it can stand on, told apart from what clang
 * repeats on redeclarations. */
#include "annotations.h"

typedef void NOTE("typedef") callback(void *p);
typedef int (*callback_pointer)(int) NOTE("pointer typedef");

struct NOTE("record") guarded {
    int lock;
    int value NOTE("guarded_by:lock");
    void (*slot)(void) NOTE("slot");
    callback *from_typedef;
    callback_pointer from_pointer_typedef NOTE("and its own");
};

int global NOTE("variable");
extern int declared NOTE("extern variable");
int later(void) NOTE("prototype");
int later(void) NOTE("second prototype");
NOTE("leading") int leading(void);

int in_header(int a)
{
    return a + leading();
}

NOTE("on the definition") int later(void)
{
    int local NOTE("local") = global + declared;

    return local;
}

int parameters(struct guarded *g NOTE("first"), callback *cb)
{
    cb(g);
    g->slot();
    return g->value + helper(in_header(1)) + later();
}

void only_declared(void) NOTE("callee");

void caller(void)
{
    only_declared();
}

/* Thread-safety attributes become annotations by way of the driver. */
struct __attribute__((capability("mutex"))) mutex {
    int v;
};
struct mutex mu;
int counted __attribute__((guarded_by(mu)));
int *pointed __attribute__((pt_guarded_by(mu)));
void needs(void) __attribute__((requires_capability(mu)));
void needs_both(struct mutex *a, struct mutex *b)
    __attribute__((requires_capability(a, b), locks_excluded(mu)));

void needs(void)
{
    counted = *pointed;
    needs_both(&mu, &mu);
}
