/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Calls inside a token that they exclude, and outside of one they need. */
#include <holdfast/annotations.h>
#include <pthread.h>

HF_TOKEN_DECLARE(batch);

void batch_begin(void) HF_ACQUIRE(batch);
void batch_end(void) HF_RELEASE(batch);
int total(void) HF_EXCLUDES(batch);
void add(int n) HF_REQUIRES(batch);

int inside(void);
int inside(void)
{
    int n;

    batch_begin();
    add(1);
    n = total(); // expect: TRANSACTION
    batch_end();
    return n;
}

static int average(int of)
{
    return total() / of;
}

int one_call_down(void);
int one_call_down(void)
{
    int n;

    batch_begin();
    n = average(2); // expect: TRANSACTION
    batch_end();
    return n;
}

static void open_batch(void)
{
    batch_begin();
    add(0);
}

int opened_by_a_helper(void);
int opened_by_a_helper(void)
{
    int n;

    open_batch();
    n = total(); // expect: TRANSACTION
    batch_end();
    return n;
}

int on_the_error_path(int broken);
int on_the_error_path(int broken)
{
    batch_begin();
    if (broken) {
        int n = total(); // expect: TRANSACTION

        batch_end();
        return n;
    }
    batch_end();
    return total();
}

/* Nobody here calls it, but whoever does has a batch open. */
void add_and_tell(int n) HF_REQUIRES(batch);
void add_and_tell(int n)
{
    add(n + total()); // expect: TRANSACTION
}

static void *outside(void *opaque)
{
    add(1); // expect: TRANSACTION
    return opaque;
}

static void *after_the_end(void *opaque)
{
    batch_begin();
    add(1);
    batch_end();
    add(2); // expect: TRANSACTION
    return opaque;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, outside, NULL);
    pthread_create(&b, NULL, after_the_end, NULL);
    return inside() + one_call_down() + opened_by_a_helper() +
           on_the_error_path(1);
}
