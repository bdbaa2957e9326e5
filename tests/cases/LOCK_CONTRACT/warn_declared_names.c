/* SPDX-License-Identifier: MIT */
// profile: pthread
/* An annotation speaks of the parameters as its own declaration calls them;
 * the definition, and what is stored in a slot, may have other names. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct Account {
    pthread_mutex_t lock;
    long balance;
};

struct Ops {
    void (*settle)(long fee, struct Account *account)
        HF_REQUIRES(&account->lock);
};

void account_add(struct Account *account, long n) HF_REQUIRES(&account->lock);
void account_move(struct Account *from, struct Account *to, long n)
    HF_REQUIRES(&to->lock, &from->lock);
void account_close(struct Account *gone) HF_EXCLUDES(&gone->lock);

void account_add(struct Account *a, long amount)
{
    a->balance += amount;
}

/* the names are there, and mean the other ones */
void account_move(struct Account *to, struct Account *from, long n)
{
    account_add(to, -n);
    account_add(from, n);
}

void account_close(struct Account *a)
{
    pthread_mutex_lock(&a->lock);
    a->balance = 0;
    pthread_mutex_unlock(&a->lock);
}

static void settle_all(long n, struct Account *a)
{
    a->balance -= n;
}

static const struct Ops ops = { .settle = settle_all };

void never(struct Account *mine)
{
    account_add(mine, 1); // expect: LOCK_CONTRACT
}

void under_it(struct Account *mine)
{
    pthread_mutex_lock(&mine->lock);
    account_add(mine, 1);
    ops.settle(1, mine);
    account_close(mine); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&mine->lock);
}

void one_of_two(struct Account *mine, struct Account *yours)
{
    pthread_mutex_lock(&mine->lock);
    account_move(mine, yours, 1); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&mine->lock);
}

void through_slot(struct Account *mine)
{
    ops.settle(1, mine); // expect: LOCK_CONTRACT
}
