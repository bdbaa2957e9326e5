/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Two locks are taken, the inner one is given back, the outer one kept. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static int generation;

static void HF_ACQUIRE(&outer) begin(void)
{
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&inner);
    generation++;
    pthread_mutex_unlock(&inner);
}

static void *acquire_outer(void *arg)
{
    begin();
    pthread_mutex_unlock(&outer);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, acquire_outer, NULL);
    pthread_join(thread, NULL);
    return 0;
}
