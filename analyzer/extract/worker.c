/* SPDX-License-Identifier: MIT */
/*
 * worker.c - each worker has one socket.  The parent writes a Request, the
 * worker answers with a length and so many bytes; it ends when the socket
 * does.
 */
#define _GNU_SOURCE /* sigabbrev_np */
#include "worker.h"
#include "extract.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    guint32 job;
    guint32 attempt;
} Request;

typedef struct {
    pid_t pid; /* 0: no process */
    int fd;
    gboolean busy;
    Request request;
    gint64 deadline; /* monotonic, us */
    guint jobs;
    GByteArray *in;
} Worker;

typedef struct {
    const HfWorkers *config;
    Worker *workers;
    GQueue queue; /* Request*, owned */
    guint n_busy;
    pid_t parent;
} Pool;

/* ---- in the child ------------------------------------------------------- */

static gboolean read_all(int fd, void *data, gsize len)
{
    guint8 *p = data;

    while (len) {
        ssize_t n = read(fd, p, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return FALSE;
        }
        p += n;
        len -= (gsize)n;
    }
    return TRUE;
}

static gboolean write_all(int fd, const void *data, gsize len)
{
    const guint8 *p = data;

    while (len) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return FALSE;
        }
        p += n;
        len -= (gsize)n;
    }
    return TRUE;
}

static const int fatal_signals[] = { SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,
                                     SIGABRT, SIGTERM, SIGINT, SIGHUP };

static void G_GNUC_NORETURN child(const Pool *pool, int fd)
{
    GByteArray *reply = g_byte_array_new();
    Request request;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != pool->parent) {
        _exit(0);
    }
    /* What the caller does about signals is not for its children. */
    for (gsize i = 0; i < G_N_ELEMENTS(fatal_signals); i++) {
        signal(fatal_signals[i], SIG_DFL);
    }
    /* Another worker must not be kept waiting for its end of file. */
    for (int i = 0; i < pool->config->n_workers; i++) {
        if (pool->workers[i].pid) {
            close(pool->workers[i].fd);
        }
    }
    while (read_all(fd, &request, sizeof(request))) {
        guint32 len;

        g_byte_array_set_size(reply, 0);
        pool->config->run(request.job, request.attempt, reply,
                          pool->config->data);
        len = reply->len;
        if (!write_all(fd, &len, sizeof(len)) ||
            !write_all(fd, reply->data, reply->len)) {
            break;
        }
    }
    _exit(0);
}

/* ---- in the parent ------------------------------------------------------ */

static gboolean start(Pool *pool, Worker *w)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        return FALSE;
    }
    w->pid = fork();
    if (w->pid == 0) {
        close(fds[0]);
        child(pool, fds[1]);
    }
    close(fds[1]);
    if (w->pid < 0) {
        close(fds[0]);
        w->pid = 0;
        return FALSE;
    }
    w->fd = fds[0];
    w->jobs = 0;
    w->busy = FALSE;
    g_byte_array_set_size(w->in, 0);
    return TRUE;
}

/* Returns the wait status. */
static int stop(Worker *w)
{
    int status = 0;

    close(w->fd);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) {
        continue;
    }
    w->pid = 0;
    return status;
}

static void finish(Pool *pool, Worker *w, HfWorkStatus status,
                   const char *why, const guint8 *reply, gsize len)
{
    HfWorkResult result = { w->request.job, w->request.attempt, status, why,
                            reply, len };

    w->busy = FALSE;
    pool->n_busy--;
    if (pool->config->done(&result, pool->config->data)) {
        Request *again = g_memdup2(&w->request, sizeof(Request));

        again->attempt++;
        g_queue_push_tail(&pool->queue, again);
    }
}

static void crashed(Pool *pool, Worker *w)
{
    int status = stop(w);
    g_autofree char *why = NULL;

    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        why = g_strdup_printf("the parser was killed by SIG%s (%s)",
                              name ? name : "?",
                              strsignal(WTERMSIG(status)));
    } else {
        why = g_strdup_printf("the parser exited with status %d",
                              WEXITSTATUS(status));
    }
    finish(pool, w, HF_WORK_CRASHED, why, NULL, 0);
}

static void timed_out(Pool *pool, Worker *w)
{
    g_autofree char *why = g_strdup_printf("no result after %d s",
                                           pool->config->timeout_s);

    kill(w->pid, SIGKILL);
    stop(w);
    finish(pool, w, HF_WORK_TIMEOUT, why, NULL, 0);
}

static void receive(Pool *pool, Worker *w)
{
    guint8 buffer[65536];
    ssize_t n = recv(w->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    guint32 len;

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        crashed(pool, w);
        return;
    }
    g_byte_array_append(w->in, buffer, (guint)n);
    if (w->in->len < sizeof(len)) {
        return;
    }
    memcpy(&len, w->in->data, sizeof(len));
    if (w->in->len - sizeof(len) < len) {
        return;
    }
    finish(pool, w, HF_WORK_DONE, NULL, w->in->data + sizeof(len), len);
    g_byte_array_set_size(w->in, 0);
    if (pool->config->recycle && ++w->jobs >= pool->config->recycle) {
        stop(w);
    }
}

static void give_work(Pool *pool, Worker *w)
{
    Request *request = g_queue_pop_head(&pool->queue);

    w->request = *request;
    w->busy = TRUE;
    w->deadline = g_get_monotonic_time() +
                  pool->config->timeout_s * G_USEC_PER_SEC;
    pool->n_busy++;
    g_free(request);
    /* A worker that is gone already shows as end of file. */
    write_all(w->fd, &w->request, sizeof(w->request));
}

/* Milliseconds until the first deadline, rounded up. */
static int next_deadline(const Pool *pool)
{
    gint64 now = g_get_monotonic_time(), first = G_MAXINT64;

    for (int i = 0; i < pool->config->n_workers; i++) {
        if (pool->workers[i].busy) {
            first = MIN(first, pool->workers[i].deadline);
        }
    }
    return (int)CLAMP((first - now + 999) / 1000, 0, G_MAXINT / 2);
}

static void wait_for_some(Pool *pool)
{
    g_autofree struct pollfd *fds = g_new0(struct pollfd,
                                           pool->config->n_workers);
    gint64 now;

    for (int i = 0; i < pool->config->n_workers; i++) {
        fds[i].fd = pool->workers[i].busy ? pool->workers[i].fd : -1;
        fds[i].events = POLLIN;
    }
    if (poll(fds, pool->config->n_workers, next_deadline(pool)) < 0) {
        return; /* EINTR */
    }
    now = g_get_monotonic_time();
    for (int i = 0; i < pool->config->n_workers; i++) {
        if (fds[i].fd >= 0 && fds[i].revents) {
            receive(pool, &pool->workers[i]);
        } else if (fds[i].fd >= 0 && now >= pool->workers[i].deadline) {
            timed_out(pool, &pool->workers[i]);
        }
    }
}

static gboolean run_pool(Pool *pool, GError **error)
{
    while (pool->n_busy || !g_queue_is_empty(&pool->queue)) {
        for (int i = 0; i < pool->config->n_workers; i++) {
            Worker *w = &pool->workers[i];

            if (!w->busy && !g_queue_is_empty(&pool->queue) &&
                (w->pid || start(pool, w))) {
                give_work(pool, w);
            }
        }
        if (!pool->n_busy) {
            g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                        "cannot start a worker process: %s",
                        g_strerror(errno));
            return FALSE;
        }
        wait_for_some(pool);
    }
    return TRUE;
}

gboolean hf_workers_run(const HfWorkers *config, const guint *jobs,
                        guint n_jobs, GError **error)
{
    Pool pool = { .config = config, .queue = G_QUEUE_INIT,
                  .parent = getpid() };
    gboolean ok;

    pool.workers = g_new0(Worker, config->n_workers);
    for (int i = 0; i < config->n_workers; i++) {
        pool.workers[i].in = g_byte_array_new();
    }
    for (guint i = 0; i < n_jobs; i++) {
        Request request = { jobs[i], 0 };

        g_queue_push_tail(&pool.queue, g_memdup2(&request, sizeof(request)));
    }
    ok = run_pool(&pool, error);
    for (int i = 0; i < config->n_workers; i++) {
        if (pool.workers[i].pid) {
            stop(&pool.workers[i]);
        }
        g_byte_array_unref(pool.workers[i].in);
    }
    g_queue_clear_full(&pool.queue, g_free);
    g_free(pool.workers);
    return ok;
}
