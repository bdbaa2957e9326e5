/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The loop may end between two sections. */
#include <pthread.h>

int more(void);
int stopping(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int claimed;
static int finished;

static void *break_between_sections(void *arg)
{
    while (more()) {
        pthread_mutex_lock(&lock);
        claimed++;
        pthread_mutex_unlock(&lock);
        if (stopping()) {
            break;
        }
        pthread_mutex_lock(&lock);
        finished++;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, break_between_sections, NULL);
    pthread_join(thread, NULL);
    return 0;
}
