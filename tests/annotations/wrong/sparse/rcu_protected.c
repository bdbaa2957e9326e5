/* SPDX-License-Identifier: MIT */
#include "../locks.h"

typedef struct Space {
    int *view RCU_PROTECTED;
} Space;

int good_read(Space *s);
int good_read(Space *s)
{
    return *__atomic_load_n(&s->view, 2);
}

void good_publish(Space *s, int *view);
void good_publish(Space *s, int *view)
{
    __atomic_store_n(&s->view, view, 3);
}

int warn_read(Space *s);
int warn_read(Space *s)
{
    return *s->view; /* expect: dereference of noderef expression */
}

void warn_publish(Space *s, int *view);
void warn_publish(Space *s, int *view)
{
    s->view = view; /* expect: dereference of noderef expression */
}
