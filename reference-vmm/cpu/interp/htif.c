/* SPDX-License-Identifier: MIT */
/*
 * htif.c - the words `tohost` and `fromhost` of bare programs, as RISC-V's
 * test environments use them.
 *
 * tohost: device in bits 63..56, command in 55..48, payload below.
 *   device 0, odd payload: the program ends with code payload >> 1 (0: pass)
 *   device 0, even payload: a system call; the payload is the address of
 *     number and arguments (double words), the result goes to the first
 *   device 1, command 1: writes one character; command 0: reads one
 * fromhost lies 64 bytes further on and becomes non-zero as an answer.
 *
 * Thread context: the hart's own thread, right after its store.
 */
#include "cpu/interp/hart.h"

#define FROMHOST_OFFSET 64
#define SYSCALL_WRITE 64
#define SYSCALL_EXIT 93
#define WRITE_MAX 65536 /* bytes a call; more is cut */

static uint64_t read_word(Hart *h, uint64_t addr)
{
    uint64_t value = 0;

    address_space_ld(h->as, addr, 8, &value, MEMTXATTRS_UNSPECIFIED);
    return value;
}

static void write_word(Hart *h, uint64_t addr, uint64_t value)
{
    address_space_st(h->as, addr, 8, value, MEMTXATTRS_UNSPECIFIED);
}

static void console_write(Hart *h, const void *data, size_t len)
{
    if (h->platform->console_write) {
        h->platform->console_write(h->platform->opaque, data, len);
    }
}

/* Guest memory to the console; how much. */
static uint64_t write_from_guest(Hart *h, uint64_t addr, uint64_t len)
{
    char buf[256];
    uint64_t done = 0;

    len = MIN(len, WRITE_MAX);
    while (done < len) {
        hwaddr n = MIN(sizeof(buf), len - done);

        if (address_space_read(h->as, addr + done, MEMTXATTRS_UNSPECIFIED,
                               buf, n) != MEMTX_OK) {
            break;
        }
        console_write(h, buf, n);
        done += n;
    }
    return done;
}

static void ends(Hart *h, uint64_t value)
{
    if (h->platform->tohost) {
        h->platform->tohost(h->platform->opaque, value);
    }
}

static void answer(Hart *h, uint64_t value)
{
    write_word(h, h->tohost, 0);
    write_word(h, h->tohost + FROMHOST_OFFSET, value);
}

static void system_call(Hart *h, uint64_t at)
{
    switch (read_word(h, at)) {
    case SYSCALL_WRITE:
        write_word(h, at, write_from_guest(h, read_word(h, at + 16),
                                           read_word(h, at + 24)));
        break;
    case SYSCALL_EXIT:
        ends(h, read_word(h, at + 8) << 1 | 1);
        break;
    default:
        write_word(h, at, (uint64_t)-38); /* no such call */
        break;
    }
    answer(h, 1);
}

static void console(Hart *h, uint64_t value)
{
    uint64_t head = value & (UINT64_C(0xffff) << 48);
    char byte = (char)value;

    switch (value >> 48 & 0xff) {
    case 1:
        console_write(h, &byte, 1);
        answer(h, head);
        break;
    case 0:
        if (h->platform->console_read
            && h->platform->console_read(h->platform->opaque, &byte, 1) == 1) {
            answer(h, head | (0x100 + (uint8_t)byte));
        } else {
            answer(h, head);
        }
        break;
    }
}

void htif_written(Hart *h)
{
    uint64_t value = read_word(h, h->tohost);

    if (!value) {
        return;
    }
    hart_leave_guest(h); /* the callbacks may wait for the BQL */
    if (value >> 48 == 0) {
        if (value & 1) {
            ends(h, value);
        } else {
            system_call(h, value);
        }
    } else if (value >> 56 == 1) {
        console(h, value);
    }
    hart_enter_guest(h);
}
