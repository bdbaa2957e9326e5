/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Which of two objects comes first is said by their addresses, their numbers,
 * or by where they are. */
#include <pthread.h>
#include <stdint.h>

struct account {
    pthread_mutex_t lock;
    int number;
    long balance;
    struct account *parent;
};

static struct account accounts[8];

static void by_address(struct account *from, struct account *to, long n)
{
    struct account *first = (uintptr_t)from < (uintptr_t)to ? from : to;
    struct account *second = first == from ? to : from;

    if (from == to) {
        return;
    }
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    from->balance -= n;
    to->balance += n;
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
}

static void by_number(struct account *from, struct account *to, long n)
{
    if (from->number == to->number) {
        return;
    }
    if (from->number < to->number) {
        pthread_mutex_lock(&from->lock);
        pthread_mutex_lock(&to->lock);
    } else {
        pthread_mutex_lock(&to->lock);
        pthread_mutex_lock(&from->lock);
    }
    from->balance -= n;
    to->balance += n;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}

static void by_place(struct account *a, struct account *parent, long n)
{
    pthread_mutex_lock(&a->lock);
    pthread_mutex_lock(&parent->lock);
    a->balance -= n;
    parent->balance += n;
    pthread_mutex_unlock(&parent->lock);
    pthread_mutex_unlock(&a->lock);
}

static void *teller(void *opaque)
{
    const unsigned *seed = opaque;
    struct account *a = &accounts[*seed % 8];

    by_address(a, &accounts[*seed / 8 % 8], 1);
    by_number(a, &accounts[*seed / 8 % 8], 1);
    by_place(a, a->parent, 1);
    return NULL;
}

int main(void)
{
    static unsigned seeds[2] = { 17, 42 };
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, teller, &seeds[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}
