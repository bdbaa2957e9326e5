/* SPDX-License-Identifier: MIT */
/*
 * csr_names.c - CSRs by name.
 *
 * Thread context: any; constant data.
 */
#include "cpu/interp/hart.h"
#include "cpu/interp/csr_numbers.h"

#define CSR_ENTRY(upper, lower, number) { #lower, number },
static const struct {
    const char *name;
    uint16_t number;
} names[] = { CSR_LIST(CSR_ENTRY) };

/* Numbered ones, "pmpaddr3": their first number. */
static const struct {
    const char *prefix;
    unsigned from, to, first;
} series[] = {
    { "pmpaddr", 0, HART_PMP_N - 1, CSR_PMPADDR0 },
    { "mhpmcounter", 3, 31, CSR_MHPMCOUNTER3 },
    { "mhpmevent", 3, 31, CSR_MHPMEVENT3 },
    { "hpmcounter", 3, 31, CSR_HPMCOUNTER3 },
};

static int in_series(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(series); i++) {
        size_t len = strlen(series[i].prefix);
        char *end;
        guint64 n;

        if (strncmp(name, series[i].prefix, len)
            || !g_ascii_isdigit(name[len])) {
            continue;
        }
        n = g_ascii_strtoull(name + len, &end, 10);
        if (!*end && n >= series[i].from && n <= series[i].to) {
            return (int)(series[i].first + n - series[i].from);
        }
    }
    return -1;
}

int csr_number(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!strcmp(names[i].name, name)) {
            return names[i].number;
        }
    }
    return in_series(name);
}
