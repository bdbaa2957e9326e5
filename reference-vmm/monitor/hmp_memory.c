/* SPDX-License-Identifier: MIT */
/*
 * hmp_memory.c - x, xp and print: numbers in the formats of a debugger.
 *
 *     /[COUNT][FORMAT][SIZE]   FORMAT: x d u o c; SIZE: b h w g
 *
 * Thread context: the main loop, under the BQL.
 */
#include "hw/machine.h"
#include "monitor/guest_memory.h"
#include "monitor/hmp.h"
#include <string.h>

#define COUNT_MAX 65536

typedef struct Format {
    uint64_t count;
    char letter;
    unsigned size;
} Format;

/* False: it printed the error. */
static bool parse_format(HmpContext *c, const char **text, Format *f)
{
    const char *at = *text;

    *f = (Format){ .count = 1, .letter = 'x', .size = 4 };
    if (*at++ != '/') {
        return true;
    }
    if (g_ascii_isdigit(*at)) {
        f->count = g_ascii_strtoull(at, (char **)&at, 10);
    }
    for (; *at && *at != ' '; at++) {
        const char *sizes = "bhwg", *found = strchr(sizes, *at);

        if (found) {
            f->size = 1u << (found - sizes);
        } else if (strchr("xduoc", *at)) {
            f->letter = *at;
            f->size = *at == 'c' ? 1 : f->size;
        } else {
            hmp_error(c, "expected a format of [COUNT][xduoc][bhwg]");
            return false;
        }
    }
    if (f->count > COUNT_MAX) {
        hmp_error(c, "the count is too large");
        return false;
    }
    *text = at + strspn(at, " ");
    return true;
}

static int64_t extend(uint64_t value, unsigned size)
{
    int shift = 64 - 8 * (int)size;

    return (int64_t)(value << shift) >> shift;
}

static void append_char(GString *out, char byte)
{
    if (strchr("\n\r\t'\\", byte) && byte) {
        const char *names = "\nn\rr\tt''\\\\";

        g_string_append_printf(out, "'\\%c'", strchr(names, byte)[1]);
    } else if (g_ascii_isprint(byte)) {
        g_string_append_printf(out, "'%c'", byte);
    } else {
        g_string_append_printf(out, "'\\x%02x'", (uint8_t)byte);
    }
}

/* In columns, when width is set. */
static void append_value(GString *out, const Format *f, uint64_t value,
                         bool columns)
{
    /* Digits of the largest number. */
    static const int decimal[] = { [1] = 3, [2] = 5, [4] = 10, [8] = 20 };
    int hex = columns ? 2 * (int)f->size : 0;
    int octal = columns ? (8 * (int)f->size + 2) / 3 : 0;
    int width = columns ? decimal[f->size] : 0;

    switch (f->letter) {
    case 'd':
        g_string_append_printf(out, "%*" G_GINT64_FORMAT, width,
                               extend(value, f->size));
        break;
    case 'u':
        g_string_append_printf(out, "%*" G_GUINT64_FORMAT, width, value);
        break;
    case 'o':
        g_string_append_printf(out, "0%0*" G_GINT64_MODIFIER "o", octal,
                               value);
        break;
    case 'c':
        append_char(out, (char)value);
        break;
    default:
        g_string_append_printf(out, "0x%0*" G_GINT64_MODIFIER "x", hex,
                               value);
        break;
    }
}

static void GS_FN dump(HmpContext *c, const char *args, Vcpu *cpu)
{
    uint64_t addr, value, shown = 0;
    GuestMemory memory;
    unsigned per_line;
    Format f;

    if (!parse_format(c, &args, &f) || !hmp_expression(c, &args, &addr)) {
        return;
    }
    guest_memory_init(&memory, &machine_current()->as, cpu);
    per_line = f.letter == 'c' ? 8 : 16 / f.size;
    for (; shown < f.count; shown++, addr += f.size) {
        if (shown % per_line == 0) {
            g_string_append_printf(c->out, "%s%016" G_GINT64_MODIFIER "x:",
                                   shown ? "\n" : "", addr);
        }
        value = 0;
        if (!guest_memory_read(&memory, addr, &value, f.size)) {
            g_string_append(c->out, " Cannot access memory\n");
            return;
        }
        g_string_append_c(c->out, ' ');
        append_value(c->out, &f, GUINT64_FROM_LE(value), true);
    }
    g_string_append_c(c->out, '\n');
}

void hmp_dump_virtual(HmpContext *c, const char *args)
{
    Vcpu *cpu = hmp_cpu(c);

    GLOBAL_STATE_CODE();
    if (cpu) {
        dump(c, args, cpu);
    }
}

void hmp_dump_physical(HmpContext *c, const char *args)
{
    GLOBAL_STATE_CODE();
    dump(c, args, NULL);
}

void hmp_print(HmpContext *c, const char *args)
{
    uint64_t value;
    Format f;

    GLOBAL_STATE_CODE();
    if (parse_format(c, &args, &f) && hmp_expression(c, &args, &value)) {
        f.size = 8;
        append_value(c->out, &f, value, false);
        g_string_append_c(c->out, '\n');
    }
}
