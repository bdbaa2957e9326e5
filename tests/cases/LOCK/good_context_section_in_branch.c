/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The whole section lies in one branch. */
#include <pthread.h>

int verbose(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lines;

static void *section_in_branch(void *arg)
{
    if (verbose()) {
        pthread_mutex_lock(&lock);
        lines++;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, section_in_branch, NULL);
    pthread_join(thread, NULL);
    return 0;
}
