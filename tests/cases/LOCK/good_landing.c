/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Where setjmp() returns once more, what is held is what was held where the
 * jump began. */
#include <pthread.h>

typedef struct {
    long regs[8];
} jmp_buf[1];
int setjmp(jmp_buf env);
_Noreturn void longjmp(jmp_buf env, int value);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total;

static void check(jmp_buf env, int n)
{
    if (n < 0) {
        longjmp(env, 1);
    }
}

int add(int n)
{
    jmp_buf env;

    if (setjmp(env)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    pthread_mutex_lock(&lock);
    check(env, n);
    total += n;
    pthread_mutex_unlock(&lock);
    return 0;
}

/* The first way is judged as ever. */
int add_twice(int n)
{
    jmp_buf env;

    if (setjmp(env) == 0) {
        pthread_mutex_lock(&lock);
        check(env, n);
        total += 2 * n;
    }
    pthread_mutex_unlock(&lock);
    return 0;
}
