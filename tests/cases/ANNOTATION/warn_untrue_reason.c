/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Reasons are proved again on every run. */
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long sent, received;

static void send_one(void)
{
    pthread_mutex_lock(&lock);
    sent++;
    pthread_mutex_unlock(&lock);
}

static void send_two(void)
{
    pthread_mutex_lock(&lock);
    sent += 2;
    pthread_mutex_unlock(&lock);
}

static void receive(void)
{
    pthread_mutex_lock(&lock);
    received++;
    pthread_mutex_unlock(&lock);
}

static void receive_two(void)
{
    pthread_mutex_lock(&lock);
    received += 2;
    pthread_mutex_unlock(&lock);
}

static void *sender(void *opaque)
{
    send_one();
    send_two();
    /* the sender alone writes it: true
     */
    // holdfast: intentional(MISSING_LOCK) sole_writer: as the name says
    printf("%ld\n", sent);
    return opaque;
}

static void *receiver(void *opaque)
{
    receive();
    receive_two();
    return opaque;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, sender, NULL);
    pthread_create(&b, NULL, receiver, NULL);
    // holdfast: intentional(MISSING_LOCK) sole_writer: no // expect: ANNOTATION
    printf("%ld\n", received);
    /* free text is no code: it stays as it is */
    // holdfast: intentional(MISSING_LOCK) a statistic, may be a little old
    printf("%ld\n", sent);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
