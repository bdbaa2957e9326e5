/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One case returns without the unlock. */
#include <pthread.h>

int command(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total;

static void *command_switch(void *arg)
{
    pthread_mutex_lock(&lock);
    switch (command()) {
    case 0:
        return arg; // expect: LOCK
    case 1:
        total++;
        break;
    default:
        total--;
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, command_switch, NULL);
    pthread_join(thread, NULL);
    return 0;
}
