/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * main() sets things up after it has started a thread that has nothing to do
 * with them; the callback that has is registered only afterwards, by whatever
 * library that calls it in whatever thread.
 */
#include <pthread.h>

void library_on_event(void (*handler)(void *), void *opaque);
int library_loop(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int todo, done;

static void *other(void *opaque)
{
    return opaque;
}

static void on_event(void *opaque)
{
    pthread_mutex_lock(&lock);
    if (todo > 0) {
        todo--;
        done++;
    }
    pthread_mutex_unlock(&lock);
}

static void on_more(void *opaque)
{
    pthread_mutex_lock(&lock);
    todo++;
    pthread_mutex_unlock(&lock);
    library_on_event(on_event, 0);
}

static void setup(int n)
{
    todo = n;
    done = 0;
}

static void listen_to(void)
{
    library_on_event(on_event, 0);
    library_on_event(on_more, 0);
}

int main(int argc, char **argv)
{
    pthread_t t;

    pthread_create(&t, 0, other, 0);
    setup(argc);
    listen_to();
    return library_loop();
}
