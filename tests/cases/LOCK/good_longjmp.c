/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Back by longjmp: the landing pad knows what was held where it was made. */
#include <pthread.h>
#include <setjmp.h>

struct vm {
    pthread_mutex_t lock;
    jmp_buf env;
    int n;
};

void step(struct vm *vm);

_Noreturn void leave(struct vm *vm)
{
    longjmp(vm->env, 1);
}

int vm_run(struct vm *vm)
{
    if (setjmp(vm->env)) {
        return -1;
    }
    step(vm);
    pthread_mutex_lock(&vm->lock);
    if (vm->n > 3) {
        pthread_mutex_unlock(&vm->lock);
        leave(vm);
    }
    vm->n++;
    pthread_mutex_unlock(&vm->lock);
    return 0;
}

/* the pad cleans up what the body may have left */
int vm_guarded(struct vm *vm)
{
    pthread_mutex_lock(&vm->lock);
    if (sigsetjmp(vm->env, 0) == 0) {
        step(vm);
        vm->n = 1;
    } else {
        vm->n = 0;
    }
    pthread_mutex_unlock(&vm->lock);
    return 0;
}
