/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Two objects of one type, in the order of the arguments. */
#include <pthread.h>

struct account {
    pthread_mutex_t lock;
    long balance;
};

static struct account accounts[8];

static void transfer(struct account *from, struct account *to, long n)
{
    if (from == to) {
        return;
    }
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock); // expect: ORDER_REVERSAL
    from->balance -= n;
    to->balance += n;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}

static void *teller(void *opaque)
{
    const unsigned *seed = opaque;

    transfer(&accounts[*seed % 8], &accounts[*seed / 8 % 8], 1);
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
