/* SPDX-License-Identifier: MIT */
// profile: pthread
#include <pthread.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t open;
    int tokens;
};

/* woken without a reason, or after another one took the last token */
void gate_pass(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    if (g->tokens == 0) {
        pthread_cond_wait(&g->open, &g->lock);
    }
    g->tokens--; // expect: STALE_CHECK
    pthread_mutex_unlock(&g->lock);
}

/* this is how to wait */
void gate_pass_right(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    while (g->tokens == 0) {
        pthread_cond_wait(&g->open, &g->lock);
    }
    g->tokens--;
    pthread_mutex_unlock(&g->lock);
}

void gate_open(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->tokens++;
    pthread_cond_signal(&g->open);
    pthread_mutex_unlock(&g->lock);
}
