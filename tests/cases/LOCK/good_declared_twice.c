/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Declaration and definition both say it, each with its own names: that is
 * one contract, and the lock is taken once. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct account {
    pthread_mutex_t lock;
    long balance HF_GUARDED_BY(&lock);
};

void account_take(struct account *account) HF_ACQUIRE(&account->lock);
void account_drop(struct account *account) HF_RELEASE(&account->lock);

void HF_ACQUIRE(&a->lock) account_take(struct account *a)
{
    pthread_mutex_lock(&a->lock);
}

void HF_RELEASE(&a->lock) account_drop(struct account *a)
{
    pthread_mutex_unlock(&a->lock);
}

void deposit(struct account *mine, long n)
{
    account_take(mine);
    mine->balance += n;
    account_drop(mine);
}
