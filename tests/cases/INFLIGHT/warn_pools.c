/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Other shapes of pairs: an object passed, an out-parameter, a result that
 * says whether, a number instead of a pointer. */
#include <holdfast/annotations.h>
#include <stdbool.h>

typedef struct Req {
    int op;
    int state;
} Req;

typedef struct Pool {
    int n;
} Pool;

void request_start(Pool *p, Req *arg1) HF_PAIR_OPEN(request, arg1);
void request_complete(Pool *p, Req *arg1) HF_PAIR_CLOSE(request, arg1);
int slot_take(Pool *p) HF_PAIR_OPEN(slot, ret);
void slot_return(Pool *p, int arg1) HF_PAIR_CLOSE(slot, arg1);
void buffer_take(Pool *p, char **arg1) HF_PAIR_OPEN(buffer, arg1);
void buffer_return(Pool *p, char *arg1) HF_PAIR_CLOSE(buffer, arg1);
void scope_enter(Req *arg0) HF_PAIR_OPEN(scope, arg0);
void scope_leave(Req *arg0) HF_PAIR_CLOSE(scope, arg0);

int start_and_fail(Pool *p, Req *r);
int start_and_fail(Pool *p, Req *r)
{
    request_start(p, r);
    if (r->op < 0) {
        return -1; // expect: INFLIGHT
    }
    request_complete(p, r);
    return 0;
}

/* Completed by whoever called. */
void start_only(Pool *p, Req *r);
void start_only(Pool *p, Req *r)
{
    request_start(p, r);
    r->state = 1;
}

int use_slot(Pool *p, bool bad);
int use_slot(Pool *p, bool bad)
{
    int slot = slot_take(p);

    if (bad) {
        return -1; // expect: INFLIGHT
    }
    slot_return(p, slot);
    return 0;
}

int use_buffer(Pool *p, int n);
int use_buffer(Pool *p, int n)
{
    char *buffer;

    buffer_take(p, &buffer);
    if (n > 4) {
        return -1; // expect: INFLIGHT
    }
    buffer[n] = 0;
    buffer_return(p, buffer);
    return 0;
}

int by_value(int n);
int by_value(int n)
{
    Req r = { .op = n };

    scope_enter(&r);
    if (r.state) {
        return -1; // expect: INFLIGHT
    }
    scope_leave(&r);
    return 0;
}
