/* SPDX-License-Identifier: MIT */
// profile: glib
/* Given back, stored, returned or handed on, on every path. */
#include <holdfast/annotations.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef void *gpointer;
typedef struct GQueue GQueue;
void g_free(gpointer p);
void g_queue_push_tail(GQueue *queue, gpointer data);

static inline void autofree(void *p)
{
    g_free(*(void **)p);
}
#define g_autofree __attribute__((cleanup(autofree)))

typedef struct Entry {
    unsigned index;
    size_t len;
    struct Entry *next;
} Entry;

typedef struct Request {
    Entry entry;
    void (*done)(struct Request *r, int result);
    struct Request *next;
    int kind;
} Request;

typedef struct Ring {
    Request *failed;
    GQueue *waiting;
    bool broken;
} Ring;

void *ring_pop(Ring *ring, size_t size) HF_PAIR_OPEN(ring_entry, ret);
void ring_push(Ring *ring, Entry *arg1, unsigned len)
    HF_PAIR_CLOSE(ring_entry, arg1);
void ring_detach(Ring *ring, Entry *arg1) HF_PAIR_CLOSE(ring_entry, arg1);
void report(const char *fmt, ...);
bool device_start(Ring *ring, int kind);

/* ---- in one function ---- */

void every_path(Ring *ring, int limit);
void every_path(Ring *ring, int limit)
{
    Entry *e;

    while ((e = ring_pop(ring, sizeof(*e)))) {
        if (e->len > (size_t)limit) {
            ring_detach(ring, e);
            g_free(e);
            break;
        }
        report("entry %p of %zu bytes\n", (void *)e, e->len);
        ring_push(ring, e, 0);
        g_free(e);
    }
}

int goto_end(Ring *ring);
int goto_end(Ring *ring)
{
    int ret = -1;
    Entry *e = ring_pop(ring, sizeof(*e));

    if (!e) {
        return 0;
    }
    if (e->len == 0) {
        goto out;
    }
    if (ring->broken) {
        ret = -2;
        goto out;
    }
    ret = 0;
out:
    if (ret < 0) {
        ring_detach(ring, e);
    } else {
        ring_push(ring, e, 4);
    }
    g_free(e);
    return ret;
}

/* The same question asked twice has one answer. */
void correlated(Ring *ring, bool dry);
void correlated(Ring *ring, bool dry)
{
    Entry *e = NULL;

    if (!dry) {
        e = ring_pop(ring, sizeof(*e));
    }
    report("dry: %d\n", dry);
    if (!dry && e) {
        ring_push(ring, e, 0);
    }
    g_free(e);
}

void automatic(Ring *ring);
void automatic(Ring *ring)
{
    g_autofree Entry *e = ring_pop(ring, sizeof(*e));

    if (e) {
        ring_push(ring, e, 0);
    }
}

/* ---- in other hands ---- */

static void fail(Ring *ring, Request *r)
{
    r->next = ring->failed;
    ring->failed = r;
}

static void complete(Ring *ring, Request *r, int result)
{
    ring_push(ring, &r->entry, result < 0 ? 0 : 1);
    g_free(r);
}

/* -1: not touched. */
static int handle(Ring *ring, Request *r)
{
    if (r->entry.len < 8) {
        return -1;
    }
    if (!device_start(ring, r->kind)) {
        fail(ring, r);
        return 0;
    }
    switch (r->kind) {
    case 0:
        g_queue_push_tail(ring->waiting, r);
        break;
    case 1:
        complete(ring, r, 0);
        break;
    default:
        complete(ring, r, -1);
    }
    return 0;
}

static Request *next_request(Ring *ring)
{
    Request *r = ring_pop(ring, sizeof(*r));

    if (r) {
        r->next = NULL;
        r->done = NULL;
    }
    return r;
}

void by_result(Ring *ring);
void by_result(Ring *ring)
{
    Request *r;

    while ((r = next_request(ring))) {
        if (handle(ring, r) < 0) {
            ring_detach(ring, &r->entry);
            g_free(r);
            break;
        }
    }
}

void by_value_of_result(Ring *ring);
void by_value_of_result(Ring *ring)
{
    Request *r = next_request(ring);
    int ret;

    if (!r) {
        return;
    }
    ret = handle(ring, r);
    if (ret) {
        ring_detach(ring, &r->entry);
        g_free(r);
    }
}

/* Kept in a table until all of a batch are there. */
void batch(Ring *ring);
void batch(Ring *ring)
{
    Entry *batch[8];
    int n = 0;

    while (n < 8) {
        Entry *e = ring_pop(ring, sizeof(*e));

        if (!e) {
            break;
        }
        batch[n++] = e;
    }
    while (n-- > 0) {
        ring_push(ring, batch[n], 0);
    }
}

/* A callback has it from now on. */
typedef void Done(void *opaque, int ret);
void start_io(Done *done, void *opaque);

static void io_done(void *opaque, int ret)
{
    Request *r = opaque;

    r->done(r, ret);
}

void asynchronous(Ring *ring);
void asynchronous(Ring *ring)
{
    Request *r = next_request(ring);

    if (r) {
        start_io(io_done, r);
    }
}

/* What is not there need not be given back. */
void asserted(Ring *ring);
void asserted(Ring *ring)
{
    Entry *e = ring_pop(ring, sizeof(*e));

    if (e == NULL) {
        return;
    }
    if (e->index > 4096) {
        abort();
    }
    ring_push(ring, e, 0);
}

/* The list keeps it, by a member. */
typedef struct Node {
    struct Node *next, *prev;
} Node;

typedef struct Listed {
    Entry entry;
    Node node;
} Listed;

static void list_add(Node *n, Node *head)
{
    n->next = head->next;
    n->prev = head;
    head->next->prev = n;
    head->next = n;
}

static Node pending = { &pending, &pending };

void by_member(Ring *ring);
void by_member(Ring *ring)
{
    Listed *l = ring_pop(ring, sizeof(*l));

    if (l) {
        l->node.next = l->node.prev = &l->node;
        list_add(&l->node, &pending);
    }
}
