/* SPDX-License-Identifier: MIT */
/*
 * qtest_commands.c - see qtest_commands.h; a command is a line of the table
 * at the end.
 *
 * Thread context: under the BQL.
 */
#include "qtest/qtest_commands.h"
#include "base/clock.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MAX_WORDS 8

typedef struct Command {
    const char *name;
    int min_args, max_args;
    char *(*run)(QtestState *s, char **args, int n, unsigned size)
        SLOT(GS_FN);
    unsigned size; /* of a single access */
} Command;

/* ---- words -------------------------------------------------------------- */

static bool parse_number(const char *word, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = g_ascii_strtoull(word, &end, 0);
    return end != word && !*end && !errno;
}

/* All words are numbers; else the answer that says which is not. */
static char *parse_numbers(char **args, int n, uint64_t *ret)
{
    for (int i = 0; i < n; i++) {
        if (!parse_number(args[i], &ret[i])) {
            return g_strdup_printf("FAIL '%s' is not a number", args[i]);
        }
    }
    return NULL;
}

static char *check_range(uint64_t addr, uint64_t size)
{
    if (size > QTEST_MAX_TRANSFER) {
        return g_strdup_printf("FAIL %" PRIu64 " bytes are more than %d", size,
                               QTEST_MAX_TRANSFER);
    }
    if (size && addr + size - 1 < addr) {
        return g_strdup("FAIL the range wraps round the end of memory");
    }
    return NULL;
}

static char *ok(void)
{
    return g_strdup("OK");
}

/* ---- single accesses ---------------------------------------------------- */

static char *GS_FN run_write(QtestState *s, char **args, int n, unsigned size)
{
    uint64_t v[2];
    char *bad = parse_numbers(args, 2, v);

    if (bad) {
        return bad;
    }
    /* Like a store of a CPU: what is refused is lost. */
    address_space_st(&s->machine->as, v[0], size, v[1],
                     MEMTXATTRS_UNSPECIFIED);
    return ok();
}

static char *GS_FN run_read(QtestState *s, char **args, int n, unsigned size)
{
    uint64_t addr, value = 0;
    char *bad = parse_numbers(args, 1, &addr);

    if (bad) {
        return bad;
    }
    if (address_space_ld(&s->machine->as, addr, size, &value,
                         MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        value = 0;
    }
    return g_strdup_printf("OK 0x%016" PRIx64, value);
}

/* ---- blocks ------------------------------------------------------------- */

static uint8_t *GS_FN read_block(QtestState *s, char **args, uint64_t *ret_size,
                                 char **ret_bad)
{
    uint64_t v[2];
    uint8_t *data;

    *ret_bad = parse_numbers(args, 2, v);
    if (!*ret_bad) {
        *ret_bad = check_range(v[0], v[1]);
    }
    if (*ret_bad) {
        return NULL;
    }
    data = g_malloc0(v[1] + 1);
    address_space_read(&s->machine->as, v[0], MEMTXATTRS_UNSPECIFIED, data,
                       v[1]);
    *ret_size = v[1];
    return data;
}

static char *GS_FN run_read_block(QtestState *s, char **args, int n,
                                  unsigned size)
{
    uint64_t len;
    char *bad;
    g_autofree uint8_t *data = read_block(s, args, &len, &bad);
    GString *text;

    if (!data) {
        return bad;
    }
    text = g_string_sized_new(2 * len + 8);
    g_string_append(text, "OK 0x");
    for (uint64_t i = 0; i < len; i++) {
        g_string_append_c(text, "0123456789abcdef"[data[i] >> 4]);
        g_string_append_c(text, "0123456789abcdef"[data[i] & 15]);
    }
    return g_string_free(text, FALSE);
}

static char *GS_FN run_b64read(QtestState *s, char **args, int n,
                               unsigned size)
{
    uint64_t len;
    char *bad;
    g_autofree uint8_t *data = read_block(s, args, &len, &bad);
    g_autofree char *text = NULL;

    if (!data) {
        return bad;
    }
    text = g_base64_encode(data, len);
    return g_strconcat("OK ", text, NULL);
}

static char *GS_FN write_block(QtestState *s, uint64_t addr,
                               const uint8_t *data, uint64_t size)
{
    address_space_write(&s->machine->as, addr, MEMTXATTRS_UNSPECIFIED, data,
                        size);
    return ok();
}

static char *GS_FN run_write_block(QtestState *s, char **args, int n,
                                   unsigned size)
{
    g_autofree uint8_t *data = NULL;
    const char *hex = args[2];
    uint64_t v[2];
    char *bad = parse_numbers(args, 2, v);
    size_t digits;

    if (!bad) {
        bad = check_range(v[0], v[1]);
    }
    if (bad) {
        return bad;
    }
    if (hex[0] != '0' || hex[1] != 'x' || (digits = strlen(hex + 2)) % 2 ||
        strspn(hex + 2, "0123456789abcdefABCDEF") != digits) {
        return g_strdup("FAIL the data is not 0x and pairs of hexadecimal "
                        "digits");
    }
    data = g_malloc0(v[1] + 1);
    for (uint64_t i = 0; i < v[1] && i < digits / 2; i++) {
        data[i] = g_ascii_xdigit_value(hex[2 + 2 * i]) << 4 |
                  g_ascii_xdigit_value(hex[3 + 2 * i]);
    }
    return write_block(s, v[0], data, v[1]);
}

static char *GS_FN run_b64write(QtestState *s, char **args, int n,
                                unsigned size)
{
    g_autofree uint8_t *data = NULL, *padded = NULL;
    uint64_t v[2];
    gsize len;
    char *bad = parse_numbers(args, 2, v);

    if (!bad) {
        bad = check_range(v[0], v[1]);
    }
    if (bad) {
        return bad;
    }
    data = g_base64_decode(args[2], &len);
    padded = g_malloc0(v[1] + 1);
    memcpy(padded, data, MIN(len, v[1]));
    return write_block(s, v[0], padded, v[1]);
}

static char *GS_FN run_memset(QtestState *s, char **args, int n, unsigned size)
{
    uint64_t v[3];
    char *bad = parse_numbers(args, 3, v);

    if (!bad) {
        bad = check_range(v[0], v[1]);
    }
    if (!bad) {
        address_space_set(&s->machine->as, v[0], v[2], v[1],
                          MEMTXATTRS_UNSPECIFIED);
    }
    return bad ? bad : ok();
}

/* ---- time --------------------------------------------------------------- */

static char *clock_answer(void)
{
    return g_strdup_printf("OK %" PRId64, vm_clock_get_ns(VM_CLOCK_VIRTUAL));
}

static char *GS_FN run_clock_step(QtestState *s, char **args, int n,
                                  unsigned size)
{
    int64_t now = vm_clock_get_ns(VM_CLOCK_VIRTUAL);
    int64_t to = vm_clock_next_deadline();
    uint64_t step;

    if (n) {
        char *bad = parse_numbers(args, 1, &step);

        if (bad) {
            return bad;
        }
        to = step > (uint64_t)(INT64_MAX - now) ? INT64_MAX
                                                : now + (int64_t)step;
    } else if (to == INT64_MAX) {
        to = now; /* nothing will ever happen by itself */
    }
    vm_clock_step_to(MAX(to, now));
    return clock_answer();
}

static char *GS_FN run_clock_set(QtestState *s, char **args, int n,
                                 unsigned size)
{
    uint64_t to;
    char *bad = parse_numbers(args, 1, &to);

    if (bad) {
        return bad;
    }
    if (to > INT64_MAX || (int64_t)to < vm_clock_get_ns(VM_CLOCK_VIRTUAL)) {
        return g_strdup("FAIL the clock does not go back");
    }
    vm_clock_step_to(to);
    return clock_answer();
}

static char *GS_FN run_endianness(QtestState *s, char **args, int n,
                                  unsigned size)
{
    return g_strdup("OK little");
}

/* ---- lines -------------------------------------------------------------- */

static char *fail_with(GError *error)
{
    char *answer = g_strdup_printf("FAIL %s", error->message);

    g_error_free(error);
    return answer;
}

static DeviceState *GS_FN find_device(QtestState *s, const char *path,
                                      GError **error)
{
    DeviceState *dev = qtest_find_device(s->machine, path);

    if (!dev) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "Unknown device '%s'",
                    path);
    }
    return dev;
}

static char *GS_FN run_intercept_in(QtestState *s, char **args, int n,
                                    unsigned size)
{
    GError *error = NULL;
    DeviceState *dev = find_device(s, args[0], &error);

    if (!dev ||
        !qtest_irq_watch_in(s->machine, dev, s->irq_changed, &error)) {
        return fail_with(error);
    }
    return ok();
}

/* Also with the name of a group of lines; ours have none. */
static char *GS_FN run_intercept_out(QtestState *s, char **args, int n,
                                     unsigned size)
{
    GError *error = NULL;
    DeviceState *dev = find_device(s, args[0], &error);

    if (!dev ||
        !qtest_irq_watch_out(s->machine, dev, s->irq_changed, &error)) {
        return fail_with(error);
    }
    return ok();
}

/* DEVICE NAME N LEVEL */
static char *GS_FN run_set_irq_in(QtestState *s, char **args, int n,
                                  unsigned size)
{
    GError *error = NULL;
    uint64_t v[2];
    char *bad = parse_numbers(args + 2, 2, v);
    DeviceState *dev;

    if (bad) {
        return bad;
    }
    dev = find_device(s, args[0], &error);
    if (!dev || !qtest_irq_set_in(dev, v[0], v[1] != 0, &error)) {
        return fail_with(error);
    }
    return ok();
}

/* ---- what this machine has not ------------------------------------------ */

/* Nothing answers at I/O ports. */
static char *GS_FN run_out(QtestState *s, char **args, int n, unsigned size)
{
    uint64_t v[2];
    char *bad = parse_numbers(args, 2, v);

    return bad ? bad : ok();
}

static char *GS_FN run_in(QtestState *s, char **args, int n, unsigned size)
{
    uint64_t port;
    char *bad = parse_numbers(args, 1, &port);

    return bad ? bad : g_strdup_printf("OK 0x%0*x", (int)(2 * size), 0);
}

static char *GS_FN run_module_load(QtestState *s, char **args, int n,
                                   unsigned size)
{
    return g_strdup_printf("FAIL there is no module '%s%s'", args[0], args[1]);
}

/* ---- the table ---------------------------------------------------------- */

static const Command commands[] = {
    { "writeb", 2, 2, run_write, 1 },
    { "writew", 2, 2, run_write, 2 },
    { "writel", 2, 2, run_write, 4 },
    { "writeq", 2, 2, run_write, 8 },
    { "readb", 1, 1, run_read, 1 },
    { "readw", 1, 1, run_read, 2 },
    { "readl", 1, 1, run_read, 4 },
    { "readq", 1, 1, run_read, 8 },
    { "read", 2, 2, run_read_block, 0 },
    { "write", 3, 3, run_write_block, 0 },
    { "b64read", 2, 2, run_b64read, 0 },
    { "b64write", 3, 3, run_b64write, 0 },
    { "memset", 3, 3, run_memset, 0 },
    { "clock_step", 0, 1, run_clock_step, 0 },
    { "clock_set", 1, 1, run_clock_set, 0 },
    { "endianness", 0, 0, run_endianness, 0 },
    { "irq_intercept_in", 1, 1, run_intercept_in, 0 },
    { "irq_intercept_out", 1, 1, run_intercept_out, 0 },
    { "irq_intercept_out_named", 2, 2, run_intercept_out, 0 },
    { "set_irq_in", 4, 4, run_set_irq_in, 0 },
    { "outb", 2, 2, run_out, 1 },
    { "outw", 2, 2, run_out, 2 },
    { "outl", 2, 2, run_out, 4 },
    { "inb", 1, 1, run_in, 1 },
    { "inw", 1, 1, run_in, 2 },
    { "inl", 1, 1, run_in, 4 },
    { "module_load", 2, 2, run_module_load, 0 },
};

static const Command *find_command(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

char *qtest_run_command(QtestState *s, char *line)
{
    char *words[MAX_WORDS], *save = NULL;
    const Command *c;
    int n = 0;

    GLOBAL_STATE_CODE();
    for (char *w = strtok_r(line, " \t", &save); w;
         w = strtok_r(NULL, " \t", &save)) {
        if (n == MAX_WORDS) {
            return g_strdup_printf("FAIL more than %d words", MAX_WORDS);
        }
        words[n++] = w;
    }
    if (!n) {
        return g_strdup("FAIL an empty line");
    }
    c = find_command(words[0]);
    if (!c) {
        return g_strdup_printf("FAIL Unknown command '%s'", words[0]);
    }
    if (n - 1 < c->min_args || n - 1 > c->max_args) {
        return g_strdup_printf("FAIL '%s' takes %d%s%s words", c->name,
                               c->min_args,
                               c->min_args == c->max_args ? "" : " or ",
                               c->min_args == c->max_args ? "" : "more");
    }
    return c->run(s, words + 1, n - 1, c->size);
}
