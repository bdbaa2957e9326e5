/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Sections that a function enters and leaves itself, as unevenly as locks. */
#include <stdbool.h>

void rcu_read_lock(void);
void rcu_read_unlock(void);
bool record(void);
bool compare(void);
int update(void);

void sample(void);
void sample(void)
{
    rcu_read_lock();
    if (!record()) {
        goto out;
    }
    rcu_read_unlock();
    update();
    if (!compare()) {
        goto out;
    }
    update();
out:
    rcu_read_unlock();          // expect: LOCK
}

int look_up(int key);
int look_up(int key)
{
    int found;

    rcu_read_lock();
    if (key < update()) {
        return -1;              // expect: LOCK
    }
    found = update();
    rcu_read_unlock();
    return found;
}
