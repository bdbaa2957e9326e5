/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The callback is registered before main() sets up what it works on, or known
 * from a table from the beginning. */
#include <pthread.h>

void library_on_event(void (*handler)(void *), void *opaque);
int library_loop(void (*const *table)(void *));

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
    }
    pthread_mutex_unlock(&lock);
}

static void on_table(void *opaque)
{
    pthread_mutex_lock(&lock);
    if (done > 0) {
        done++;
    }
    pthread_mutex_unlock(&lock);
}

void (*const table[])(void *) = { on_table };

static void setup(int n)
{
    todo = n; // expect: MISSING_LOCK
    done = 0; // expect: MISSING_LOCK
}

int main(int argc, char **argv)
{
    pthread_t t;

    pthread_create(&t, 0, other, 0);
    library_on_event(on_event, 0);
    setup(argc);
    return library_loop(table);
}
