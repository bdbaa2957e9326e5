/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Hand-over locking down a list: sections overlap without nesting. */
#include <pthread.h>
#include <stddef.h>

struct Node {
    pthread_mutex_t lock;
    struct Node *next;
    int value;
};

static struct Node tail = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct Node head = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .next = &tail,
};

static void *hand_over(void *arg)
{
    pthread_mutex_lock(&head.lock);
    pthread_mutex_lock(&tail.lock);
    pthread_mutex_unlock(&head.lock);
    tail.value++;
    pthread_mutex_unlock(&tail.lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, hand_over, NULL);
    pthread_join(thread, NULL);
    return 0;
}
