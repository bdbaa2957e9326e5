/* SPDX-License-Identifier: MIT */
/*
 * signals.c - signals that ask the program to end.
 *
 * Thread context: the handler in any thread, at any moment: it writes to an
 * eventfd, and the main loop does the rest.
 */
#include "base/main_loop.h"
#include "program/startup.h"
#include <signal.h>
#include <stdio.h>

static EventNotifier notifier = { .fd = -1 };
static int received_signal; /* atomic */
static int received_pid;    /* atomic; who sent it, 0: the kernel */
static bool ends_by_signal GUARDED_BY(bql);

static const int watched[] = { SIGINT, SIGTERM, SIGHUP };

static void handle(int signal, siginfo_t *info, void *context)
{
    __atomic_store_n(&received_pid, info->si_pid, __ATOMIC_RELAXED);
    __atomic_store_n(&received_signal, signal, __ATOMIC_RELEASE);
    event_notifier_set(&notifier);
}

static void seen(void *opaque)
{
    int signal;

    GLOBAL_STATE_CODE();
    event_notifier_test_and_clear(&notifier);
    signal = __atomic_exchange_n(&received_signal, 0, __ATOMIC_ACQUIRE);
    if (signal) {
        fprintf(stderr, "refvmm: terminating on signal %d from pid %d\n",
                signal, __atomic_load_n(&received_pid, __ATOMIC_RELAXED));
        ends_by_signal = true;
        machine_shutdown_request(SHUTDOWN_CAUSE_HOST_SIGNAL, 0);
    }
}

bool signals_watch(GError **error)
{
    struct sigaction action = { .sa_sigaction = handle,
                                .sa_flags = SA_SIGINFO | SA_RESTART };

    GLOBAL_STATE_CODE();
    if (!event_notifier_init(&notifier, error) ||
        !aio_set_event_notifier(main_loop_context(), &notifier, seen, NULL,
                                error)) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(watched); i++) {
        sigaction(watched[i], &action, NULL);
    }
    return true;
}

static void handle_late(int signal)
{
}

/*
 * The program is about to end.  Where a monitor's quit is why, its user may
 * well send a signal, too, and wants to see the same status; one more after
 * that, or a second one after the one that is why, ends it at once.
 */
void signals_unwatch(void)
{
    struct sigaction action = { .sa_handler = ends_by_signal ? SIG_DFL
                                                             : handle_late,
                                .sa_flags = SA_RESTART | SA_RESETHAND };

    GLOBAL_STATE_CODE();
    for (size_t i = 0; i < G_N_ELEMENTS(watched); i++) {
        sigaction(watched[i], &action, NULL);
    }
    if (notifier.fd >= 0) {
        aio_set_event_notifier(main_loop_context(), &notifier, NULL, NULL,
                               NULL);
    }
    event_notifier_cleanup(&notifier);
}
