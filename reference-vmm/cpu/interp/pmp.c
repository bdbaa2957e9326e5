/* SPDX-License-Identifier: MIT */
/*
 * pmp.c - physical memory protection (privileged specification, 3.7): 16
 * entries, granularity 4 bytes.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/hart.h"

/* Entries as ranges of bytes, whenever a register has changed. */
void pmp_update(Hart *h)
{
    h->pmp_locked = false;
    for (unsigned i = 0; i < HART_PMP_N; i++) {
        uint64_t addr = h->pmpaddr[i], first = 1, last = 0, ones;

        switch (h->pmpcfg[i] & PMP_A) {
        case PMP_A_TOR:
            first = i ? h->pmpaddr[i - 1] << 2 : 0;
            last = addr << 2;
            if (first < last) {
                last--;
            } else {
                first = 1;
                last = 0;
            }
            break;
        case PMP_A_NA4:
            first = addr << 2;
            last = first + 3;
            break;
        case PMP_A_NAPOT:
            ones = addr ^ (addr + 1); /* the trailing ones, and one more */
            first = (addr & ~ones) << 2;
            last = first | ones << 2 | 3;
            break;
        }
        h->pmp_range[i].first = first;
        h->pmp_range[i].last = last;
        /* An access that an entry covers in part fails in M-mode too, locked
         * or not; without such edges M-mode need not look. */
        if (first <= last
            && ((h->pmpcfg[i] & PMP_L)
                || ((first | (last + 1)) & ~PAGE_MASK_64))) {
            h->pmp_locked = true;
        }
    }
}

static bool entry_allows(const Hart *h, unsigned i, Access access,
                         uint8_t priv)
{
    static const uint8_t needed[] = {
        [ACCESS_READ] = PMP_R, [ACCESS_WRITE] = PMP_W, [ACCESS_FETCH] = PMP_X,
    };

    if (priv == PRIV_M && !(h->pmpcfg[i] & PMP_L)) {
        return true;
    }
    return h->pmpcfg[i] & needed[access];
}

bool pmp_allows(const Hart *h, uint64_t pa, unsigned len, Access access,
                uint8_t priv)
{
    uint64_t last = pa + len - 1;

    if (priv == PRIV_M && !h->pmp_locked) {
        return true;
    }
    for (unsigned i = 0; i < HART_PMP_N; i++) {
        uint64_t from = h->pmp_range[i].first, to = h->pmp_range[i].last;

        if (from > to || last < from || pa > to) {
            continue;
        }
        return pa >= from && last <= to && entry_allows(h, i, access, priv);
    }
    return priv == PRIV_M;
}

bool pmp_page_uniform(const Hart *h, uint64_t pa)
{
    uint64_t page = pa & PAGE_MASK_64, last = page + 4095;

    for (unsigned i = 0; i < HART_PMP_N; i++) {
        uint64_t from = h->pmp_range[i].first, to = h->pmp_range[i].last;

        if (from > to || last < from || page > to) {
            continue;
        }
        return page >= from && last <= to;
    }
    return true;
}

void pmp_write_cfg(Hart *h, unsigned index, uint8_t value)
{
    if (h->pmpcfg[index] & PMP_L) {
        return;
    }
    value &= PMP_L | PMP_A | PMP_X | PMP_W | PMP_R;
    if ((value & (PMP_R | PMP_W)) == PMP_W) {
        value &= PMP_L | PMP_A; /* reserved: as nothing allowed */
    }
    h->pmpcfg[index] = value;
}

void pmp_write_addr(Hart *h, unsigned index, uint64_t value)
{
    bool top_of_locked = index + 1 < HART_PMP_N
                         && (h->pmpcfg[index + 1] & PMP_L)
                         && (h->pmpcfg[index + 1] & PMP_A) == PMP_A_TOR;

    if (!(h->pmpcfg[index] & PMP_L) && !top_of_locked) {
        h->pmpaddr[index] = value & ((UINT64_C(1) << 54) - 1);
    }
}
