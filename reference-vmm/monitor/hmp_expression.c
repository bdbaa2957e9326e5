/* SPDX-License-Identifier: MIT */
/*
 * hmp_expression.c - numbers, registers ($pc), + - * & | ^ ~ and brackets.
 *
 *     sum := product { ("+" | "-" | "&" | "|" | "^") product }
 *     product := unary { "*" unary }
 *     unary := number | "$" register | "(" sum ")" | ("-" | "~") unary
 *
 * Thread context: the main loop, under the BQL.
 */
#include "monitor/hmp.h"
#include "cpu/vcpu.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

typedef struct Parser {
    HmpContext *c;
    const char *at;
    int depth;
    bool failed;
} Parser;

static uint64_t GS_FN parse_sum(Parser *p);

static void skip(Parser *p)
{
    p->at += strspn(p->at, " \t");
}

static uint64_t fail(Parser *p, const char *why)
{
    if (!p->failed) {
        hmp_error(p->c, why);
    }
    p->failed = true;
    return 0;
}

typedef struct RegisterRead {
    const char *name;
    uint64_t value;
    bool found;
} RegisterRead;

static void GS_FN read_register(Vcpu *cpu, void *opaque)
{
    RegisterRead *r = opaque;

    r->found = vcpu_get_register(cpu, r->name, &r->value);
}

static uint64_t GS_FN parse_register(Parser *p)
{
    size_t n = strspn(p->at, "abcdefghijklmnopqrstuvwxyz0123456789_");
    g_autofree char *name = g_strndup(p->at, n);
    RegisterRead r = { .name = name };
    Vcpu *cpu = vcpu_by_id(p->c->cpu);

    p->at += n;
    if (!cpu) {
        return fail(p, "there is no CPU");
    }
    vcpu_run_on(cpu, read_register, &r);
    return r.found ? r.value : fail(p, "there is no such register");
}

static uint64_t parse_number(Parser *p)
{
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(p->at, &end, 0);
    if (end == p->at || errno) {
        return fail(p, "expected a number, a $register or a bracket");
    }
    p->at = end;
    return value;
}

static uint64_t GS_FN parse_unary(Parser *p)
{
    uint64_t value;

    if (p->depth++ >= DEPTH_MAX || p->failed) {
        return fail(p, "the expression is too deep");
    }
    skip(p);
    switch (*p->at) {
    case '$':
        p->at++;
        value = parse_register(p);
        break;
    case '(':
        p->at++;
        value = parse_sum(p);
        skip(p);
        if (*p->at != ')') {
            return fail(p, "expected ')'");
        }
        p->at++;
        break;
    case '-':
        p->at++;
        value = -parse_unary(p);
        break;
    case '~':
        p->at++;
        value = ~parse_unary(p);
        break;
    default:
        value = g_ascii_isdigit(*p->at)
                    ? parse_number(p)
                    : fail(p, "expected a number, a $register or a bracket");
        break;
    }
    p->depth--;
    return value;
}

static uint64_t GS_FN parse_product(Parser *p)
{
    uint64_t value = parse_unary(p);

    skip(p);
    while (*p->at == '*' && !p->failed) {
        p->at++;
        value *= parse_unary(p);
        skip(p);
    }
    return value;
}

static uint64_t parse_sum(Parser *p)
{
    uint64_t value = parse_product(p), right;

    skip(p);
    while (*p->at && strchr("+-&|^", *p->at) && !p->failed) {
        char op = *p->at++;

        right = parse_product(p);
        value = op == '+'   ? value + right
                : op == '-' ? value - right
                : op == '&' ? value & right
                : op == '|' ? value | right
                            : value ^ right;
        skip(p);
    }
    return value;
}

bool hmp_expression(HmpContext *c, const char **text, uint64_t *ret)
{
    Parser p = { .c = c, .at = *text };

    GLOBAL_STATE_CODE();
    *ret = parse_sum(&p);
    *text = p.at;
    return !p.failed;
}
