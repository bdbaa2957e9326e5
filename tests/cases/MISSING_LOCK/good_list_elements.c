/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Where two states meet, each has its own name for the element. */
#include <pthread.h>
#include <stdbool.h>
struct obj { pthread_mutex_t lock; int flags, ret; };
struct list { struct obj *data; struct list *next; };
struct bin { struct obj o; struct list *children; int n; };
struct list *del(struct list *l, struct list *e);
void rm(struct bin *bin, struct obj *element)
{
    bool s1, s2, s3, s4, o1, o2, o3, o4, found;
    struct list *walk, *next;

    pthread_mutex_lock(&bin->o.lock);
    pthread_mutex_lock(&element->lock);
    s1 = element->flags & 1;
    s2 = element->flags & 2;
    s3 = element->flags & 4;
    s4 = element->flags & 8;
    pthread_mutex_unlock(&element->lock);
    found = o1 = o2 = o3 = o4 = false;
    for (walk = bin->children; walk; walk = next) {
        struct obj *child = walk->data;
        next = walk ? walk->next : 0;
        if (child == element) {
            found = true;
            bin->children = del(bin->children, walk);
        } else {
            bool c1, c2, c3, c4;
            pthread_mutex_lock(&child->lock);
            c1 = !!(child->flags & 1);
            c2 = !!(child->flags & 2);
            c3 = !!(child->flags & 4);
            c4 = !!(child->flags & 8);
            if (s1 && !o1 && c1)
                o1 = true;
            if (s2 && !o2 && c2)
                o2 = true;
            if (s3 && !o3 && c3)
                o3 = true;
            if (s4 && !o4 && c4)
                o4 = true;
            if (child->ret == 7)
                bin->n = 1;
            pthread_mutex_unlock(&child->lock);
        }
    }
    pthread_mutex_unlock(&bin->o.lock);
}

void set(struct obj *o, int n)
{
    pthread_mutex_lock(&o->lock);
    o->flags = n;
    o->ret = n;
    pthread_mutex_unlock(&o->lock);
}

void raise(struct obj *o)
{
    pthread_mutex_lock(&o->lock);
    o->flags++;
    o->ret++;
    pthread_mutex_unlock(&o->lock);
}
