/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The contract stands on the declaration alone, and holds for the body. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int begun;

static void begin(void) HF_ACQUIRE(&lock);
static void begin(void)
{
    pthread_mutex_lock(&lock);
    begun++;
}

static void *contract_on_declaration(void *arg)
{
    begin();
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, contract_on_declaration, NULL);
    pthread_join(thread, NULL);
    return 0;
}
