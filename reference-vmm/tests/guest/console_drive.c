/* SPDX-License-Identifier: MIT */
/*
 * Runs a virtual machine and talks to its console by a script.
 *
 *     console_drive [--pty] [--transcript FILE] SCRIPT COMMAND [ARGUMENT]...
 *
 * SCRIPT ("-": standard input) has one step a line; "#" begins a comment:
 *
 *     timeout SECONDS     for each of the steps that follow (60)
 *     never TEXT          from here on, TEXT in the output is a failure
 *     expect TEXT         waits for TEXT behind what was expected before
 *     match REGEX         the same with an extended regular expression
 *     capture NAME REGEX  the same; prints NAME and the first group; output
 *                         comes in pieces, so name what ends the group
 *     time NAME TEXT      as expect; prints NAME and seconds since the start
 *     send TEXT           types TEXT and Enter
 *     run COMMAND         types a shell command, waits for its end and wants
 *                         status 0 of it
 *     end                 waits until the machine has ended
 *
 * The script's end waits as "end" does.  Exit status: that of the machine
 * (128 + n when signal n ended it); 125 when a step failed, with the
 * transcript on standard error; 126 when it does not start; 2 for a wrong
 * script.  Output is compared without carriage returns and terminal escapes.
 *
 * One thread; one poll loop over the machine's input, output and end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_FAILED 125
#define NOT_STARTED 126
#define NEVER_MAX 16
#define TAIL 6000 /* bytes of transcript that a failure shows */

struct machine {
    pid_t pid;
    int in, out; /* the same for a pty; out is -1 once closed */
    bool ended;
    int status; /* of waitpid(), once ended */
};

struct text {
    char *bytes; /* always ends with NUL */
    size_t length, room;
};

struct drive {
    struct machine machine;
    struct text output, pending; /* pending: still to be typed */
    size_t position;             /* behind what was matched last */
    enum { PLAIN, ESCAPE, SEQUENCE } filter;
    char *never[NEVER_MAX];
    unsigned never_count, runs;
    double started, timeout;
    const char *script;
    unsigned line;
    FILE *transcript;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void append(struct text *text, const char *bytes, size_t length)
{
    if (text->length + length + 1 > text->room) {
        text->room = 2 * (text->length + length + 1);
        text->bytes = realloc(text->bytes, text->room);
        if (!text->bytes) {
            abort();
        }
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

/* ---- the machine ---- */

static void child(char **command, int in, int out, bool pty, pid_t parent)
{
    /* no machine outlives a driver that was killed */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(NOT_STARTED);
    }
    if (pty) {
        setsid();
        ioctl(in, TIOCSCTTY, 0);
    }
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    execvp(command[0], command);
    fprintf(stderr, "console_drive: cannot run '%s': %s\n", command[0],
            strerror(errno));
    _exit(NOT_STARTED);
}

static bool open_pty(int *ours, int *theirs)
{
    *ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*ours < 0 || grantpt(*ours) || unlockpt(*ours)) {
        return false;
    }
    *theirs = open(ptsname(*ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
    return *theirs >= 0;
}

static bool machine_start(struct machine *m, char **command, bool pty)
{
    int to[2], from[2];
    pid_t parent = getpid();

    if (pty) {
        if (!open_pty(&to[1], &to[0])) {
            return false;
        }
        from[0] = to[1];
        from[1] = to[0];
    } else if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
        return false;
    }
    m->pid = fork();
    if (m->pid == 0) {
        child(command, to[0], from[1], pty, parent);
    }
    close(to[0]);
    if (!pty) {
        close(from[1]);
    }
    m->in = to[1];
    m->out = from[0];
    fcntl(m->in, F_SETFL, O_NONBLOCK);
    fcntl(m->out, F_SETFL, O_NONBLOCK);
    return m->pid > 0;
}

static void machine_reap(struct machine *m)
{
    if (!m->ended && waitpid(m->pid, &m->status, WNOHANG) == m->pid) {
        m->ended = true;
    }
}

static void machine_kill(struct machine *m)
{
    double end = now() + 5;

    if (m->ended) {
        return;
    }
    kill(m->pid, SIGTERM);
    while (!m->ended && now() < end) {
        poll(NULL, 0, 20);
        machine_reap(m);
    }
    if (!m->ended) {
        kill(m->pid, SIGKILL);
        waitpid(m->pid, &m->status, 0);
        m->ended = true;
    }
}

static int machine_status(const struct machine *m)
{
    return WIFEXITED(m->status) ? WEXITSTATUS(m->status)
                                : 128 + WTERMSIG(m->status);
}

/* ---- output ---- */

/* Drops carriage returns and escape sequences (ECMA-48 5.4). */
static void take_output(struct drive *d, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];

        switch (d->filter) {
        case PLAIN:
            if (c == '\033') {
                d->filter = ESCAPE;
            } else if (c != '\r' && c != '\0') {
                append(&d->output, &c, 1);
            }
            break;
        case ESCAPE:
            d->filter = c == '[' ? SEQUENCE : PLAIN;
            break;
        case SEQUENCE:
            if (c >= '@' && c <= '~') {
                d->filter = PLAIN;
            }
            break;
        }
    }
    if (d->transcript) {
        fwrite(bytes, 1, length, d->transcript);
        fflush(d->transcript);
    }
}

static void read_output(struct drive *d)
{
    char bytes[4096];
    ssize_t n = read(d->machine.out, bytes, sizeof(bytes));

    if (n > 0) {
        take_output(d, bytes, (size_t)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        /* a pty says EIO when the other side is closed */
        if (d->machine.in == d->machine.out) {
            d->machine.in = -1;
        }
        close(d->machine.out);
        d->machine.out = -1;
    }
}

static void write_input(struct drive *d)
{
    ssize_t n = write(d->machine.in, d->pending.bytes, d->pending.length);

    if (n > 0) {
        d->pending.length -= (size_t)n;
        memmove(d->pending.bytes, d->pending.bytes + n, d->pending.length);
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        d->pending.length = 0;
    }
}

/* Waits for something to happen, until @end at most. */
static void turn(struct drive *d, double end)
{
    struct machine *m = &d->machine;
    struct pollfd fds[2] = {
        {.fd = m->out, .events = POLLIN},
        {.fd = d->pending.length ? m->in : -1, .events = POLLOUT},
    };
    double left = (end - now()) * 1000;
    /* an end without output shows within this time */
    int wait = left < 0 ? 0 : left > 100 ? 100 : (int)left + 1;

    poll(fds, 2, wait);
    if (fds[0].revents) {
        read_output(d);
    }
    if (fds[1].revents) {
        write_input(d);
    }
    machine_reap(m);
}

/* ---- steps ---- */

__attribute__((format(printf, 2, 3), noreturn)) static void
step_failed(struct drive *d, const char *format, ...)
{
    size_t from = d->output.length > TAIL ? d->output.length - TAIL : 0;
    va_list arguments;

    machine_kill(&d->machine);
    fprintf(stderr, "---- console%s ----\n", from ? ", its end" : "");
    fwrite(d->output.bytes + from, 1, d->output.length - from, stderr);
    fprintf(stderr, "\n---- %s:%u: ", d->script, d->line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (%.1f s after the start; status %d)\n",
            now() - d->started, machine_status(&d->machine));
    exit(STEP_FAILED);
}

__attribute__((format(printf, 2, 3), noreturn)) static void
bad_script(struct drive *d, const char *format, ...)
{
    va_list arguments;

    machine_kill(&d->machine);
    fprintf(stderr, "console_drive: %s:%u: ", d->script, d->line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static void check_never(struct drive *d)
{
    for (unsigned i = 0; i < d->never_count; i++) {
        if (strstr(d->output.bytes, d->never[i])) {
            step_failed(d, "'%s' must not come", d->never[i]);
        }
    }
}

/* The group's first byte and length in the output; moves the position. */
static bool find(struct drive *d, const regex_t *regex, const char *text,
                 regmatch_t group[2])
{
    const char *from = d->output.bytes + d->position;
    const char *at;

    if (regex) {
        if (regexec(regex, from, 2, group, 0) != 0) {
            return false;
        }
    } else {
        at = strstr(from, text);
        if (!at) {
            return false;
        }
        group[0].rm_so = at - from;
        group[0].rm_eo = group[0].rm_so + (regoff_t)strlen(text);
    }
    for (unsigned i = 0; i < (regex ? 2 : 1); i++) {
        group[i].rm_so += (regoff_t)d->position;
        group[i].rm_eo += (regoff_t)d->position;
    }
    d->position = (size_t)group[0].rm_eo;
    return true;
}

static void await(struct drive *d, const regex_t *regex, const char *text,
                  regmatch_t group[2])
{
    double end = now() + d->timeout;

    while (!find(d, regex, text, group)) {
        bool last = d->machine.out < 0 && d->machine.ended;

        check_never(d);
        if (last) {
            step_failed(d, "the machine ended, '%s' has not come", text);
        }
        if (now() >= end) {
            step_failed(d, "'%s' has not come in %.0f s", text, d->timeout);
        }
        turn(d, end);
    }
    check_never(d);
}

/* @groups: how many the expression must have. */
static void await_regex(struct drive *d, const char *text, size_t groups,
                        regmatch_t group[2])
{
    regex_t regex;

    if (regcomp(&regex, text, REG_EXTENDED | REG_NEWLINE) != 0 ||
        regex.re_nsub < groups) {
        bad_script(d, "bad regular expression '%s'", text);
    }
    await(d, &regex, text, group);
    regfree(&regex);
}

static void type(struct drive *d, const char *text)
{
    append(&d->pending, text, strlen(text));
    append(&d->pending, "\n", 1);
}

/* The quotes keep the echo of the command from matching. */
static void run_command(struct drive *d, const char *command)
{
    char *line, *mark;
    regmatch_t group[2];

    d->runs++;
    if (asprintf(&line, "%s; echo \"end''-%u\":$?:", command, d->runs) < 0 ||
        asprintf(&mark, "end''-%u:([0-9]+):", d->runs) < 0) {
        abort();
    }
    type(d, line);
    await_regex(d, mark, 1, group);
    if (group[1].rm_eo - group[1].rm_so != 1 ||
        d->output.bytes[group[1].rm_so] != '0') {
        step_failed(d, "'%s' ended with status %.*s", command,
                    (int)(group[1].rm_eo - group[1].rm_so),
                    d->output.bytes + group[1].rm_so);
    }
    free(line);
    free(mark);
}

static void await_end(struct drive *d)
{
    double end = now() + d->timeout;

    while (!d->machine.ended || d->machine.out >= 0) {
        if (now() >= end) {
            step_failed(d, "the machine has not ended in %.0f s", d->timeout);
        }
        turn(d, end);
        check_never(d);
    }
}

/* Cuts the first word off. */
static char *first_word(char **text)
{
    char *word = *text;
    char *space = strchr(word, ' ');

    *text = space ? space + 1 : word + strlen(word);
    if (space) {
        *space = '\0';
    }
    return word;
}

static void step(struct drive *d, char *text)
{
    char *verb = first_word(&text);
    regmatch_t group[2];

    if (strcmp(verb, "timeout") == 0) {
        d->timeout = strtod(text, NULL);
        if (!(d->timeout > 0)) {
            bad_script(d, "bad timeout '%s'", text);
        }
    } else if (strcmp(verb, "never") == 0) {
        if (d->never_count == NEVER_MAX) {
            bad_script(d, "more than %d times never", NEVER_MAX);
        }
        d->never[d->never_count++] = strdup(text);
    } else if (strcmp(verb, "expect") == 0) {
        await(d, NULL, text, group);
    } else if (strcmp(verb, "match") == 0) {
        await_regex(d, text, 0, group);
    } else if (strcmp(verb, "capture") == 0) {
        char *name = first_word(&text);

        await_regex(d, text, 1, group);
        printf("%s %.*s\n", name, (int)(group[1].rm_eo - group[1].rm_so),
               d->output.bytes + group[1].rm_so);
        fflush(stdout);
    } else if (strcmp(verb, "time") == 0) {
        char *name = first_word(&text);

        await(d, NULL, text, group);
        printf("%s %.3f\n", name, now() - d->started);
        fflush(stdout);
    } else if (strcmp(verb, "send") == 0) {
        type(d, text);
    } else if (strcmp(verb, "run") == 0) {
        run_command(d, text);
    } else if (strcmp(verb, "end") == 0) {
        await_end(d);
    } else {
        bad_script(d, "unknown step '%s'", verb);
    }
}

static int run_script(struct drive *d)
{
    FILE *file = strcmp(d->script, "-") == 0 ? stdin : fopen(d->script, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (!file) {
        bad_script(d, "%s", strerror(errno));
    }
    append(&d->output, "", 0);
    while ((n = getline(&line, &room, file)) >= 0) {
        char *text = line + strspn(line, " \t");

        d->line++;
        if (n > 0 && line[n - 1] == '\n') {
            line[n - 1] = '\0';
        }
        if (*text && *text != '#') {
            step(d, text);
        }
    }
    free(line);
    if (file != stdin) {
        fclose(file);
    }
    await_end(d);
    return machine_status(&d->machine);
}

static void drive_clear(struct drive *d)
{
    for (unsigned i = 0; i < d->never_count; i++) {
        free(d->never[i]);
    }
    free(d->output.bytes);
    free(d->pending.bytes);
    if (d->transcript) {
        fclose(d->transcript);
    }
}

int main(int argc, char **argv)
{
    struct drive d = {.timeout = 60, .started = now()};
    bool pty = false;
    int i = 1, status;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--pty") == 0) {
            pty = true;
        } else if (strcmp(argv[i], "--transcript") == 0 && i + 1 < argc) {
            d.transcript = fopen(argv[++i], "we");
        } else {
            i = argc;
        }
    }
    if (argc - i < 2) {
        fprintf(stderr, "usage: console_drive [--pty] [--transcript FILE] "
                        "SCRIPT COMMAND [ARGUMENT]...\n");
        return 2;
    }
    d.script = argv[i];
    signal(SIGPIPE, SIG_IGN);
    if (!machine_start(&d.machine, argv + i + 1, pty)) {
        fprintf(stderr, "console_drive: %s\n", strerror(errno));
        return NOT_STARTED;
    }
    status = run_script(&d);
    drive_clear(&d);
    return status;
}
