/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What excludes the token runs before it, after it, or outside of it. */
#include <holdfast/annotations.h>

HF_TOKEN_DECLARE(batch);

void batch_begin(void) HF_ACQUIRE(batch);
void batch_end(void) HF_RELEASE(batch);
int total(void) HF_EXCLUDES(batch);
void add(int n) HF_REQUIRES(batch);

int before_and_after(void);
int before_and_after(void)
{
    int n = total();

    batch_begin();
    add(n);
    batch_end();
    return total() - n;
}

int in_the_gap(void);
int in_the_gap(void)
{
    int n;

    batch_begin();
    add(1);
    batch_end();
    n = total();
    batch_begin();
    add(n);
    batch_end();
    return n;
}

int either_way(int many);
int either_way(int many)
{
    if (many) {
        batch_begin();
        add(many);
    }
    if (!many) {
        return total();
    }
    batch_end();
    return many;
}

static int average(int of)
{
    return total() / of;
}

/* A helper that leaves the batch before it asks. */
static int close_and_tell(void)
{
    batch_end();
    return average(2);
}

int closed_by_a_helper(void);
int closed_by_a_helper(void)
{
    batch_begin();
    add(4);
    return close_and_tell();
}

void add_twice(int n) HF_REQUIRES(batch);
void add_twice(int n)
{
    add(n);
    add(n);
}

int main(void)
{
    int n = before_and_after() + in_the_gap() + either_way(1) +
            closed_by_a_helper();

    batch_begin();
    add_twice(n);
    batch_end();
    return 0;
}
