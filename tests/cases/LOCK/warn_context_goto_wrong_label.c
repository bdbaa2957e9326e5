/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A cleanup cascade entered one label too late. */
#include <pthread.h>

int open_disk(void);
int open_net(void);

static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t net_lock = PTHREAD_MUTEX_INITIALIZER;
static int opened;

static void *goto_wrong_label(void *arg)
{
    pthread_mutex_lock(&disk_lock);
    if (open_disk() < 0) {
        goto unlock_disk;
    }
    pthread_mutex_lock(&net_lock);
    if (open_net() < 0) {
        goto unlock_disk;
    }
    opened++;
    pthread_mutex_unlock(&net_lock);
unlock_disk:
    pthread_mutex_unlock(&disk_lock);
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_wrong_label, NULL);
    pthread_join(thread, NULL);
    return 0;
}
