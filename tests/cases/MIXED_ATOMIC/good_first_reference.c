/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A counter of references starts at one, plainly, in a function that fills in
 * what its caller has made. */
#include <pthread.h>

struct info {
    int refs, state;
    const char *name;
};

void info_fill(struct info *i, const char *name)
{
    i->refs = 1;
    if (name) {
        i->name = name;
    }
}

struct info *info_ref(struct info *i)
{
    __atomic_fetch_add(&i->refs, 1, __ATOMIC_SEQ_CST);
    return i;
}

int info_unref(struct info *i)
{
    return __atomic_sub_fetch(&i->refs, 1, __ATOMIC_SEQ_CST) == 0;
}
