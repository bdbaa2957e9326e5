/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A second lock's section lies in one branch of the first one's. */
#include <pthread.h>

int verbose(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int state;
static int lines;

static void *inner_section_in_branch(void *arg)
{
    pthread_mutex_lock(&lock);
    state++;
    if (verbose()) {
        pthread_mutex_lock(&log_lock);
        lines++;
        pthread_mutex_unlock(&log_lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, inner_section_in_branch, NULL);
    pthread_join(thread, NULL);
    return 0;
}
