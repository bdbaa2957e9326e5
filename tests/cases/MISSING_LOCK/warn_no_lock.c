/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * Two threads at one variable: without any lock, under different ones, or with
 * a lock that only one of them takes.
 */
#include <pthread.h>
#include <stdlib.h>

/* ---- nobody takes a lock ------------------------------------------------ */

static long hits;

static void *count_hits(void *unused)
{
    hits++; // expect: MISSING_LOCK
    return unused;
}

/* ---- each takes another one --------------------------------------------- */

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static int level;

static void *raise_level(void *unused)
{
    pthread_mutex_lock(&left);
    level++; // expect: MISSING_LOCK
    pthread_mutex_unlock(&left);
    return unused;
}

static void lower_level(void)
{
    pthread_mutex_lock(&right);
    level--;
    pthread_mutex_unlock(&right);
}

/* ---- the lock is passed, and another one each time ---------------------- */

static int total;

static void add(pthread_mutex_t *lock, int *sum, int n)
{
    pthread_mutex_lock(lock);
    *sum += n; // expect: MISSING_LOCK
    pthread_mutex_unlock(lock);
}

static void *add_one(void *unused)
{
    add(&left, &total, 1);
    return unused;
}

/* ---- what the thread is given ------------------------------------------- */

struct job {
    int left;
    int done;
};

static void *work(void *arg)
{
    struct job *job = arg;

    while (job->left > 0) {
        job->left--; // expect: MISSING_LOCK
    }
    return NULL;
}

/* ---- only one of two threads is waited for ------------------------------ */

static int answers;

static void *ask(void *unused)
{
    pthread_mutex_lock(&left);
    answers = 1;
    pthread_mutex_unlock(&left);
    return unused;
}

static void ask_twice(void)
{
    pthread_t asker[2];

    pthread_create(&asker[0], NULL, ask, NULL);
    pthread_create(&asker[1], NULL, ask, NULL);
    pthread_join(asker[0], NULL);
    answers = 0; // expect: MISSING_LOCK
    pthread_join(asker[1], NULL);
}

/* ---- it does not come back, and serves ---------------------------------- */

static unsigned served;

static _Noreturn void serve_all(void)
{
    for (;;) {
        served++; // expect: MISSING_LOCK
    }
}

static void *serve(void *unused)
{
    if (unused) {
        return unused;
    }
    serve_all();
}

/* ---- the same value, which others look at ------------------------------- */

static int warned;

static void *warn(void *unused)
{
    warned = 1; // expect: MISSING_LOCK
    return unused;
}

int main(void)
{
    struct job job = { 3, 0 };
    pthread_t t[4];

    for (int i = 0; i < 4; i++) {
        pthread_create(&t[i], NULL, count_hits, NULL);
    }
    pthread_create(&t[0], NULL, raise_level, NULL);
    lower_level();
    pthread_create(&t[1], NULL, add_one, NULL);
    add(&right, &total, 2);
    for (int i = 0; i < 2; i++) {
        pthread_create(&t[3], NULL, serve, NULL);
        pthread_create(&t[3], NULL, warn, NULL);
    }
    pthread_create(&t[2], NULL, work, &job);
    job.left = 0;
    ask_twice();
    return 0;
}
