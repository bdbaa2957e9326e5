/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A cleanup cascade: each label undoes one step less. */
#include <pthread.h>

int open_disk(void);
int open_net(void);
void close_disk(void);

static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t net_lock = PTHREAD_MUTEX_INITIALIZER;
static int opened;

static void *goto_cascade(void *arg)
{
    void *result = NULL;

    pthread_mutex_lock(&disk_lock);
    if (open_disk() < 0) {
        goto unlock_disk;
    }
    pthread_mutex_lock(&net_lock);
    if (open_net() < 0) {
        goto unlock_net;
    }
    opened++;
    result = arg;
unlock_net:
    pthread_mutex_unlock(&net_lock);
    if (!result) {
        close_disk();
    }
unlock_disk:
    pthread_mutex_unlock(&disk_lock);
    return result;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_cascade, NULL);
    pthread_join(thread, NULL);
    return 0;
}
