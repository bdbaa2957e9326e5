/* SPDX-License-Identifier: MIT */
/* Read by the report tests as the code behind findings; never compiled. */
#include "store.h"

struct page_store {
    lock_t lock;
    lock_t index_lock;
    unsigned n_pages;
    struct page *first;
};

static unsigned store_count(struct page_store *st)
{
    return st->n_pages;
}

void store_add(struct page_store *st, struct page *p)
{
    lock(&st->lock);
    p->next = st->first;
    st->first = p;
    st->n_pages++;
    unlock(&st->lock);
}

int store_fill(struct page_store *st, unsigned want)
{
    if (store_count(st) >= want) {
        return 0;
    }
    lock(&st->lock);
    while (st->n_pages < want) {
        if (!page_new(st)) {
            return -1;
        }
    }
    unlock(&st->lock);
    return 1;
}

void store_index(struct page_store *st)
{
    lock(&st->index_lock);
    lock(&st->lock);
    unlock(&st->lock);
    unlock(&st->index_lock);
}
