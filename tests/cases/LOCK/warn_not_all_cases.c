/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One value has no label. */
#include <pthread.h>

enum action { GET, SET, NOTHING };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value, uses;

static int act(enum action a, int n)
{
    int result = 0;

    switch (a) {
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
    pthread_mutex_unlock(&lock); // expect: LOCK
    return result;
}

int main(int argc, char **argv)
{
    (void)argv;
    return act(argc > 1 ? NOTHING : GET, argc);
}
