/* SPDX-License-Identifier: MIT */
/*
 * Dirty and verify: touches one 64-bit word in each page, over and over.  On
 * pass p each word must hold p and becomes p + 1; anything else is a page
 * that went back in time (lost in migration, say).
 *
 * Arguments: mb=16 memory to touch; passes=20, 0 = until powered off from
 * outside; report=1000 passes between two lines.
 */
#include "runtime.h"

const char payload_name[] = "dirty";

#define PAGE 4096ul

static void report(uint64_t pass, uint64_t pages, uint64_t lost)
{
    print("dirty: pass %lu, %lu pages, %lu lost\n", pass, pages, lost);
}

int payload_main(void)
{
    uint64_t base, size = dtb_memory(&base);
    uint64_t passes = dtb_argument("passes", 20);
    uint64_t every = dtb_argument("report", 1000);
    uint64_t pages = dtb_argument("mb", 16) * (1024 * 1024 / PAGE);
    uint8_t *start = image_end;
    uint64_t lost = 0, pass;

    /* the device tree is where the machine has put it, mostly at the end */
    uint64_t limit = base + size;
    if ((uint64_t)dtb > (uint64_t)start && (uint64_t)dtb < limit) {
        limit = (uint64_t)dtb;
    }
    uint64_t room = (limit - (uint64_t)start) / PAGE;
    if (pages == 0 || pages > room) {
        fail("%lu pages do not fit, room for %lu", pages, room);
    }
    for (uint64_t i = 0; i < pages; i++) {
        *(volatile uint64_t *)(start + i * PAGE) = 0;
    }
    print("dirty: start, %lu pages at 0x%lx\n", pages, (uint64_t)start);
    for (pass = 0; passes == 0 || pass < passes; pass++) {
        for (uint64_t i = 0; i < pages; i++) {
            volatile uint64_t *word = (volatile uint64_t *)(start + i * PAGE);
            uint64_t found = *word;

            if (found != pass) {
                if (lost++ < 8) {
                    print("dirty: page %lu holds %lu in pass %lu\n", i, found,
                          pass);
                }
            }
            *word = pass + 1;
        }
        if (every && (pass + 1) % every == 0) {
            report(pass + 1, pages, lost);
        }
    }
    report(pass, pages, lost);
    check(lost == 0, "no page is lost");
    return 0;
}
