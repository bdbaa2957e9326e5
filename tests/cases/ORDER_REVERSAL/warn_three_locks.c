// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>

/* Each pair is fine by itself; three threads can still wait in a circle. */

static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t green = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t blue = PTHREAD_MUTEX_INITIALIZER;
static int reds, greens, blues;

static void *rg(void *unused)
{
    pthread_mutex_lock(&red);
    pthread_mutex_lock(&green); // expect: ORDER_REVERSAL
    greens++;
    pthread_mutex_unlock(&green);
    pthread_mutex_unlock(&red);
    return unused;
}

static void *gb(void *unused)
{
    pthread_mutex_lock(&green);
    pthread_mutex_lock(&blue);
    blues++;
    pthread_mutex_unlock(&blue);
    pthread_mutex_unlock(&green);
    return unused;
}

static void *br(void *unused)
{
    pthread_mutex_lock(&blue);
    pthread_mutex_lock(&red);
    reds++;
    pthread_mutex_unlock(&red);
    pthread_mutex_unlock(&blue);
    return unused;
}

int main(void)
{
    pthread_t t[3];

    pthread_create(&t[0], NULL, rg, NULL);
    pthread_create(&t[1], NULL, gb, NULL);
    pthread_create(&t[2], NULL, br, NULL);
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], NULL);
    }
    return 0;
}
