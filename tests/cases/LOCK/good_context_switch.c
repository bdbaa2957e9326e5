/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Every case leaves the section, one of them by a return of its own. */
#include <pthread.h>

int command(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total;

static void *command_switch(void *arg)
{
    pthread_mutex_lock(&lock);
    switch (command()) {
    case 0:
        pthread_mutex_unlock(&lock);
        return arg;
    case 1:
        total++;
        break;
    case 2:
        total--;
        /* fall through */
    default:
        total *= 2;
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
