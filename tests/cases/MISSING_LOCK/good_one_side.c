/* SPDX-License-Identifier: MIT */
// profile: pthread
/* As warn_one_side.c, but the lock that the object has of its base is held on
 * both sides; and what is set while the object is made, what only its own
 * thread touches, and what is under another lock, is left alone. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct port {
    pthread_mutex_t lock;
    int fd;
    long sent;
};

struct chat {
    struct port port;
    struct chat *next;
    const char *greeting;
    int rate, depth, kind;
    int turns;
};

static pthread_mutex_t chats_lock = PTHREAD_MUTEX_INITIALIZER;
static struct chat *chats;

extern int wait_for_event(void);
extern void say(const char *text);

static void tell_all(const char *text)
{
    pthread_mutex_lock(&chats_lock);
    for (struct chat *c = chats; c; c = c->next) {
        const char *greeting;

        pthread_mutex_lock(&c->port.lock);
        greeting = c->greeting;
        pthread_mutex_unlock(&c->port.lock);
        if (greeting && c->kind) {
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

/* Three members and more: the object is being made anew. */
static void chat_setup(struct chat *c)
{
    c->rate = 1;
    c->depth = 2;
    c->kind = 3;
}

static void *chat_thread(void *arg)
{
    struct chat *c = arg;

    chat_setup(c);
    while (wait_for_event()) {
        c->turns++;
        pthread_mutex_lock(&c->port.lock);
        c->greeting = "hello";
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
