/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The switch has a label for every value. */
#include <pthread.h>

enum action { GET, SET, NOTHING };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value, uses;

int act(enum action a, int n)
{
    int result = 0;

    switch (a) {
    case NOTHING:
        return 0;
    case SET:
        pthread_mutex_lock(&lock);
        value = n;
        break;
    case GET:
        pthread_mutex_lock(&lock);
        result = value;
        break;
    }
    uses++;
    pthread_mutex_unlock(&lock);
    return result;
}
