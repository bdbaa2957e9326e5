/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Sections nest, and end elsewhere. */
#include <setjmp.h>
#include <stdbool.h>

void rcu_read_lock(void);
void rcu_read_unlock(void);
void start_exclusive(void);
void end_exclusive(void);
int update(void);

static int inner(void)
{
    int found;

    rcu_read_lock();
    found = update();
    rcu_read_unlock();
    return found;
}

int outer(bool deep);
int outer(bool deep)
{
    int found = 0;

    rcu_read_lock();
    if (deep) {
        found = inner();
    }
    rcu_read_unlock();
    return found;
}

/* One begins what the other ends. */
void begin(bool really);
void begin(bool really)
{
    if (really) {
        rcu_read_lock();
    }
}

void end(bool really);
void end(bool really)
{
    if (really) {
        rcu_read_unlock();
    }
}

/* Inside since the first time round. */
void step(jmp_buf env);
void step(jmp_buf env)
{
    if (sigsetjmp(env, 0) == 0) {
        start_exclusive();
        update();
    }
    end_exclusive();
}
