/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Contexts that contradict one another. */
#include <holdfast/annotations.h>

void HF_GS_FN on_declaration(void);
void on_declaration(void)
{
    HF_IO_CODE(); // expect: ANNOTATION
}

void twice(void);
void twice(void)
{
    HF_GLOBAL_STATE_CODE();
    HF_IO_CODE(); // expect: ANNOTATION
}

/* Global state code does what either context may. */
void weaker(void);
void weaker(void)
{
    HF_GLOBAL_STATE_CODE();
    HF_IO_OR_GS_CODE();
}

void HF_IO_FN HF_GS_FN both(void); // expect: ANNOTATION
void both(void)
{
}

/* Each branch says where it runs. */
void by_branch(int main_loop);
void by_branch(int main_loop)
{
    if (main_loop) {
        HF_GLOBAL_STATE_CODE();
    } else {
            HF_IO_CODE();
    }
}

void HF_GS_FN the_same(void);
void the_same(void)
{
    HF_GLOBAL_STATE_CODE();
}
