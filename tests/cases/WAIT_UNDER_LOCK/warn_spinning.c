// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>
#include <unistd.h>

/* Nobody should burn time for as long as somebody else sleeps. */

static pthread_spinlock_t ring;
static int slots;

static void settle(void)
{
    usleep(100);
}

void ring_reset(void)
{
    pthread_spin_lock(&ring);
    slots = 0;
    settle(); // expect: WAIT_UNDER_LOCK
    pthread_spin_unlock(&ring);
}

void ring_reset_right(void)
{
    pthread_spin_lock(&ring);
    slots = 0;
    pthread_spin_unlock(&ring);
    settle();
}
