/* SPDX-License-Identifier: MIT */
/*
 * Reads the flattened device tree that the machine hands over (Devicetree
 * Specification 0.4, chapter 5).  Each question walks the whole blob.
 */
#include "runtime.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE 2u
#define FDT_PROP 3u
#define FDT_NOP 4u
#define FDT_END 9u
#define MAX_DEPTH 8

const uint8_t *dtb;

struct walk {
    const uint8_t *at;
    const char *name;     /* of the property */
    const uint8_t *value; /* its bytes */
    uint32_t length;
    unsigned depth;
    const char *node[MAX_DEPTH];
    uint32_t address_cells[MAX_DEPTH], size_cells[MAX_DEPTH];
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static uint64_t cells(const uint8_t *p, uint32_t count)
{
    uint64_t v = 0;

    while (count--) {
        v = v << 32 | be32(p);
        p += 4;
    }
    return v;
}

bool dtb_valid(const void *blob)
{
    return blob && be32(blob) == FDT_MAGIC;
}

static void walk_start(struct walk *w)
{
    memset(w, 0, sizeof(*w));
    w->at = dtb + be32(dtb + 8);
    w->address_cells[0] = 2;
    w->size_cells[0] = 1;
}

/* Steps to the next token; false at the end.  w->name is NULL for a node. */
static bool walk_next(struct walk *w, uint32_t *token)
{
    for (;;) {
        *token = be32(w->at);
        w->at += 4;
        switch (*token) {
        case FDT_BEGIN_NODE:
            if (++w->depth >= MAX_DEPTH) {
                fail("device tree deeper than %d", MAX_DEPTH);
            }
            w->node[w->depth] = (const char *)w->at;
            w->address_cells[w->depth] = 2;
            w->size_cells[w->depth] = 1;
            w->at += (strlen((const char *)w->at) + 4) & ~3ul;
            return true;
        case FDT_END_NODE:
            w->depth--;
            return true;
        case FDT_PROP:
            w->length = be32(w->at);
            w->name = (const char *)dtb + be32(dtb + 12) + be32(w->at + 4);
            w->value = w->at + 8;
            w->at += 8 + ((w->length + 3) & ~3u);
            if (strcmp(w->name, "#address-cells") == 0) {
                w->address_cells[w->depth] = be32(w->value);
            } else if (strcmp(w->name, "#size-cells") == 0) {
                w->size_cells[w->depth] = be32(w->value);
            }
            return true;
        case FDT_NOP:
            break;
        default:
            return false;
        }
    }
}

static bool begins(const char *s, const char *prefix)
{
    while (*prefix) {
        if (*s++ != *prefix++) {
            return false;
        }
    }
    return true;
}

static bool list_has(const uint8_t *list, uint32_t length, const char *s)
{
    for (uint32_t i = 0; i < length; i += strlen((const char *)list + i) + 1) {
        if (strcmp((const char *)list + i, s) == 0) {
            return true;
        }
    }
    return false;
}

static void read_reg(const struct walk *w, struct dtb_node *node)
{
    uint32_t a = w->address_cells[w->depth - 1];
    uint32_t s = w->size_cells[w->depth - 1];

    if (w->length >= 4 * (a + s)) {
        node->reg = cells(w->value, a);
        node->size = cells(w->value + 4 * a, s);
    }
}

bool dtb_find(const char *compatible, unsigned index, struct dtb_node *node)
{
    struct walk w;
    struct dtb_node now = {0};
    bool match = false;
    unsigned match_depth = 0;
    uint32_t token;

    for (walk_start(&w); walk_next(&w, &token);) {
        /* a node's properties come before its children */
        if (token != FDT_PROP && match) {
            if (index-- == 0) {
                *node = now;
                return true;
            }
            match = false;
        }
        if (token == FDT_BEGIN_NODE) {
            memset(&now, 0, sizeof(now));
            match_depth = w.depth;
        } else if (token == FDT_PROP && w.depth == match_depth) {
            if (strcmp(w.name, "compatible") == 0) {
                match = list_has(w.value, w.length, compatible);
            } else if (strcmp(w.name, "reg") == 0) {
                read_reg(&w, &now);
            } else if (strcmp(w.name, "interrupts") == 0 && w.length >= 4) {
                now.interrupt = be32(w.value);
            }
        }
    }
    return false;
}

unsigned dtb_harts(void)
{
    struct walk w;
    uint32_t token;
    unsigned n = 0;

    for (walk_start(&w); walk_next(&w, &token);) {
        n += token == FDT_BEGIN_NODE && begins(w.node[w.depth], "cpu@");
    }
    return n;
}

uint64_t dtb_memory(uint64_t *base)
{
    struct walk w;
    uint32_t token;
    struct dtb_node node = {0};

    for (walk_start(&w); walk_next(&w, &token);) {
        if (token == FDT_PROP && begins(w.node[w.depth], "memory@") &&
            strcmp(w.name, "reg") == 0) {
            read_reg(&w, &node);
        }
    }
    *base = node.reg;
    return node.size;
}

uint64_t dtb_timebase(void)
{
    struct walk w;
    uint32_t token;

    for (walk_start(&w); walk_next(&w, &token);) {
        if (token == FDT_PROP && strcmp(w.name, "timebase-frequency") == 0) {
            return cells(w.value, w.length / 4);
        }
    }
    fail("the device tree names no timebase-frequency");
}

uint64_t dtb_argument(const char *name, uint64_t otherwise)
{
    struct walk w;
    uint32_t token;

    for (walk_start(&w); walk_next(&w, &token);) {
        if (token != FDT_PROP || strcmp(w.name, "bootargs") != 0) {
            continue;
        }
        const char *s = (const char *)w.value;

        while (*s) {
            if (begins(s, name) && s[strlen(name)] == '=') {
                uint64_t v = 0;

                for (s += strlen(name) + 1; *s >= '0' && *s <= '9'; s++) {
                    v = v * 10 + (uint64_t)(*s - '0');
                }
                return v;
            }
            while (*s && *s != ' ') {
                s++;
            }
            while (*s == ' ') {
                s++;
            }
        }
    }
    return otherwise;
}
