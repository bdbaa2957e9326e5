/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A function that may be jumped back to is judged on its other ways. */
#include <pthread.h>

typedef struct {
    long regs[8];
} jmp_buf[1];
int setjmp(jmp_buf env);
_Noreturn void longjmp(jmp_buf env, int value);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total;

int add(int n)
{
    jmp_buf env;

    if (setjmp(env)) {
        return -1;
    }
    pthread_mutex_lock(&lock);
    if (n < 0) {
        return -1; // expect: LOCK
    }
    total += n;
    pthread_mutex_unlock(&lock);
    return 0;
}
