/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Calls that the matrix of contexts forbids. */
#include <holdfast/annotations.h>

void HF_GS_FN graph_change(void);
void HF_IO_FN queue_submit(void);
void HF_IO_OR_GS_FN poll_once(void);

/* I/O code may call I/O code only. */
void HF_IO_FN complete(void);
void complete(void)
{
    queue_submit();
    graph_change(); // expect: THREAD_CONTEXT
}

/* By a mark in the body. */
void complete_marked(void);
void complete_marked(void)
{
    HF_IO_CODE();
    graph_change(); // expect: THREAD_CONTEXT
}

/* Through functions that say nothing. */
static void detach(void)
{
    graph_change();
}

static void close_node(void)
{
    queue_submit();
    detach();
}

void HF_IO_FN on_error(void);
void on_error(void)
{
    close_node(); // expect: THREAD_CONTEXT
}

/* Either context is less than global state. */
void HF_IO_OR_GS_FN either(void);
void either(void)
{
    poll_once();
    graph_change(); // expect: THREAD_CONTEXT
}

/* Through a function pointer. */
typedef struct ChangeHook {
    void (*changed)(void);
} ChangeHook;

static void on_change(void)
{
    HF_GLOBAL_STATE_CODE();
    graph_change();
}

ChangeHook hook = { on_change };

void HF_IO_FN tell_all(void);
void tell_all(void)
{
    hook.changed(); // expect: THREAD_CONTEXT
}

void HF_IO_FN polls(void);
void polls(void)
{
    poll_once(); // expect: THREAD_CONTEXT
}
