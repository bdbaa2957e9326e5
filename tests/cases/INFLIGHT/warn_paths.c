/* SPDX-License-Identifier: MIT */
// profile: glib
/* Lost on one path. */
#include <holdfast/annotations.h>
#include <stdbool.h>
#include <string.h>

typedef void *gpointer;
void g_free(gpointer p);

static inline void autofree(void *p)
{
    g_free(*(void **)p);
}
#define g_autofree __attribute__((cleanup(autofree)))

typedef struct Entry {
    unsigned index;
    size_t len;
} Entry;

typedef struct Request {
    Entry entry;
    struct Request *next;
    struct Request *self;
    int kind;
} Request;

typedef struct Ring {
    Request *failed;
    bool broken;
} Ring;

void *ring_pop(Ring *ring, size_t size) HF_PAIR_OPEN(ring_entry, ret);
void ring_push(Ring *ring, Entry *arg1, unsigned len)
    HF_PAIR_CLOSE(ring_entry, arg1);
void ring_detach(Ring *ring, Entry *arg1) HF_PAIR_CLOSE(ring_entry, arg1);
void report(const char *fmt, ...);

int early_return(Ring *ring);
int early_return(Ring *ring)
{
    Entry *e = ring_pop(ring, sizeof(*e));

    if (!e) {
        return 0;
    }
    if (e->len == 0) {
        return -1; // expect: INFLIGHT
    }
    ring_push(ring, e, 0);
    g_free(e);
    return 0;
}

/* Its memory is freed; the ring still counts it. */
void only_freed(Ring *ring);
void only_freed(Ring *ring)
{
    Entry *e;

    while ((e = ring_pop(ring, sizeof(*e)))) {
        if (e->len < 16) {
            report("entry too short\n");
            g_free(e); // expect: INFLIGHT
            break;
        }
        ring_push(ring, e, 0);
        g_free(e);
    }
}

void freed_automatically(Ring *ring);
void freed_automatically(Ring *ring)
{
    g_autofree Entry *e = ring_pop(ring, sizeof(*e));

    if (!e) {
        return;
    }
    if (e->index) {
        return; // expect: INFLIGHT
    }
    ring_push(ring, e, 0);
}

void continued(Ring *ring);
void continued(Ring *ring)
{
    for (;;) {
        Entry *e = ring_pop(ring, sizeof(*e));

        if (!e) {
            break;
        }
        if (e->len > 512) {
            continue; // expect: INFLIGHT
        }
        ring_push(ring, e, 0);
        g_free(e);
    }
}

/* A pointer to itself inside keeps nothing. */
static Request *next_request(Ring *ring)
{
    Request *r = ring_pop(ring, sizeof(*r));

    if (r) {
        r->self = r;
        r->next = NULL;
    }
    return r;
}

static int handle(Ring *ring, Request *r)
{
    if (r->entry.len < 8) {
        return -1;
    }
    ring_push(ring, &r->entry, 0);
    g_free(r);
    return 0;
}

void result_ignored(Ring *ring);
void result_ignored(Ring *ring)
{
    Request *r = next_request(ring);

    if (r) {
        handle(ring, r);
    }
} // expect: INFLIGHT

static void request_free(Request *r)
{
    g_free(r);
}

void freed_by_helper(Ring *ring);
void freed_by_helper(Ring *ring)
{
    Request *r;

    while ((r = next_request(ring))) {
        if (handle(ring, r) < 0) {
            request_free(r); // expect: INFLIGHT
            break;
        }
    }
}

/* Nobody can tell from outside whether it did. */
static void submit(Ring *ring, Request *r)
{
    if (ring->broken) {
        return;
    }
    ring_push(ring, &r->entry, 0);
}

void forgotten_by_helper(Ring *ring);
void forgotten_by_helper(Ring *ring)
{
    Request *r = next_request(ring);

    if (r) {
        submit(ring, r);
    }
} // expect: INFLIGHT

void not_even_looked_at(Ring *ring);
void not_even_looked_at(Ring *ring)
{
    Entry *e = ring_pop(ring, sizeof(*e));

    if (e) {
        report("dropped %u\n", e->index);
        g_free(e); // expect: INFLIGHT
    }
}
