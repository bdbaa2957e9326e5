// profile: pthread
/* Who closes a socket wakes the reader first, which has the lock while it
 * waits: taking the lock for the look at it would wait for ever. */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct link {
    pthread_mutex_t lock;
    int fd;
};

static struct link *link_now;

static void *reader(void *p)
{
    struct link *l = link_now;
    char c;

    pthread_mutex_lock(&l->lock);
    while (l->fd >= 0 && read(l->fd, &c, 1) > 0) {
    }
    pthread_mutex_unlock(&l->lock);
    return p;
}

static void *opener(void *p)
{
    struct link *l = link_now;

    pthread_mutex_lock(&l->lock);
    l->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    pthread_mutex_unlock(&l->lock);
    return p;
}

static void *closer(void *p)
{
    struct link *l = link_now;

    shutdown(l->fd, SHUT_RDWR); // expect-low: MISSING_LOCK
    pthread_mutex_lock(&l->lock);
    close(l->fd);
    l->fd = -1;
    pthread_mutex_unlock(&l->lock);
    return p;
}

int main(void)
{
    struct link l = { .fd = -1 };
    pthread_t a, b, c;

    pthread_mutex_init(&l.lock, NULL);
    link_now = &l;
    pthread_create(&a, NULL, reader, NULL);
    pthread_create(&b, NULL, opener, NULL);
    pthread_create(&c, NULL, closer, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return pthread_join(c, NULL);
}
