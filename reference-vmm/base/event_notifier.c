/* SPDX-License-Identifier: MIT */
/*
 * event_notifier.c - see event_notifier.h.
 *
 * Thread context: any thread; the kernel counts.
 */
#include "base/event_notifier.h"
#include "base/error.h"
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool event_notifier_init(EventNotifier *n, GError **error)
{
    IO_CODE();
    n->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (n->fd < 0) {
        vm_set_errno(error, "cannot create an eventfd");
        return false;
    }
    return true;
}

void event_notifier_cleanup(EventNotifier *n)
{
    IO_CODE();
    if (n->fd >= 0) {
        close(n->fd);
    }
    n->fd = -1;
}

void event_notifier_set(EventNotifier *n)
{
    const uint64_t one = 1;
    ssize_t ret;

    IO_CODE();
    do {
        ret = write(n->fd, &one, sizeof(one));
    } while (ret < 0 && errno == EINTR);
    /* EAGAIN would mean 2^64 - 2 wake-ups are pending: that will do. */
    g_assert(ret == sizeof(one) || errno == EAGAIN);
}

bool event_notifier_test_and_clear(EventNotifier *n)
{
    uint64_t count;
    ssize_t ret;

    IO_CODE();
    do {
        ret = read(n->fd, &count, sizeof(count));
    } while (ret < 0 && errno == EINTR);
    g_assert(ret == sizeof(count) || errno == EAGAIN);
    return ret == sizeof(count);
}
