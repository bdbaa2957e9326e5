/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Nobody holds a lock for both: one thread sets a member of an object that
 * has a lock, another reads it in a small critical section that is there for
 * the list.  Two threads that are known are enough to be sure. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct port {
    pthread_mutex_t lock;
    int fd;
    int state;
    long sent;
};

/* Derived from it: the lock is the base's. */
struct chat {
    struct port port;
    struct chat *next;
    const char *greeting;
};

static pthread_mutex_t chats_lock = PTHREAD_MUTEX_INITIALIZER;
static struct chat *chats;

extern int wait_for_event(void);
extern void say(const char *text);

/* Run by whoever has news. */
static void tell_all(const char *text)
{
    pthread_mutex_lock(&chats_lock);
    for (struct chat *c = chats; c; c = c->next) {
        if (c->greeting) {
            say(text);
        }
    }
    pthread_mutex_unlock(&chats_lock);
}

static void *news_thread(void *arg)
{
    (void)arg;
    for (;;) {
        tell_all("news");
    }
    return NULL;
}

static void *chat_thread(void *arg)
{
    struct chat *c = arg;

    while (wait_for_event()) {
        c->greeting = "hello"; // expect: MISSING_LOCK
        pthread_mutex_lock(&c->port.lock);
        c->port.sent++;
        pthread_mutex_unlock(&c->port.lock);
    }
    return NULL;
}

void chat_add(struct chat *c)
{
    pthread_mutex_lock(&chats_lock);
    c->next = chats;
    chats = c;
    pthread_mutex_unlock(&chats_lock);
}

int chat_start(struct chat *first)
{
    pthread_t a, b;

    return pthread_create(&a, NULL, news_thread, NULL) ||
           pthread_create(&b, NULL, chat_thread, first);
}
