/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What is in a guarded array or structure, and objects that are passed by
 * their address or through a local pointer. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct slot {
    int used, owner;
    struct slot *next;
};

struct list {
    void *head, *tail;
};

void list_push(struct list *l, void *data);

struct table {
    pthread_mutex_t lock;
    struct slot slots[4] HF_GUARDED_BY(&lock);
    struct slot *first HF_GUARDED_BY(&lock);
    struct list waiting HF_GUARDED_BY(&lock);
};

static void add_one(int *p)
{
    (*p)++;
}

int table_owner(struct table *t, int i)
{
    return t->slots[i].owner; // expect: GUARDED_BY
}

void table_count(struct table *t, int i)
{
    add_one(&t->slots[i].used); // expect: GUARDED_BY
}

void table_wait(struct table *t, struct slot *s)
{
    list_push(&t->waiting, s); // expect: GUARDED_BY
}

void table_remove(struct table *t, struct slot *s)
{
    for (struct slot **p = &t->first, *x; (x = *p); p = &x->next) { // expect: GUARDED_BY
        if (x == s) {
            *p = x->next;
            break;
        }
    }
}

/* the same in order */
void table_all(struct table *t, struct slot *s)
{
    pthread_mutex_lock(&t->lock);
    t->slots[0].owner = 1;
    add_one(&t->slots[0].used);
    list_push(&t->waiting, s);
    for (struct slot **p = &t->first, *x; (x = *p); p = &x->next) {
        if (x == s) {
            *p = x->next;
            break;
        }
    }
    pthread_mutex_unlock(&t->lock);
}
