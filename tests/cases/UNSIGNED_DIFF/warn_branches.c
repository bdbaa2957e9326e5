/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The same in a condition: it reads like a comparison and is none. */
#include <stddef.h>
#include <stdint.h>

typedef struct Ring {
    uint32_t head, tail;
} Ring;

int has_data(const Ring *r);
int has_data(const Ring *r)
{
    if (r->head - r->tail > 0) { // expect: UNSIGNED_DIFF
        return 1;
    }
    return 0;
}

/* Never true. */
int too_short(size_t have, size_t need);
int too_short(size_t have, size_t need)
{
    if (have - need < 0) { // expect: UNSIGNED_DIFF
        return -1;
    }
    return 0;
}

int mirrored(size_t have, size_t need);
int mirrored(size_t have, size_t need)
{
    return 0 < have - need ? 1 : 2; // expect: UNSIGNED_DIFF
}

/* The check is about something else. */
int other_check(size_t have, size_t need, size_t limit);
int other_check(size_t have, size_t need, size_t limit)
{
    if (have < limit) {
        return 0;
    }
    if (have - need > 0 && limit) { // expect: UNSIGNED_DIFF
        return 1;
    }
    return 2;
}

/* Checked, and then one of the two is changed. */
int changed_since(size_t have, size_t need);
int changed_since(size_t have, size_t need)
{
    if (have < need) {
        return -1;
    }
    need *= 2;
    if (have - need > 0) { // expect: UNSIGNED_DIFF
        return 1;
    }
    return 0;
}
