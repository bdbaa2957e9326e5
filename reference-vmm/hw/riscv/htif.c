/* SPDX-License-Identifier: MIT */
/*
 * htif.c - the host-target interface of bare programs: what they write to the
 * word at their symbol `tohost` (riscv-isa-sim, fesvr).
 *
 *     bits 63:56 device, 55:48 command, 47:0 payload
 *     device 0: payload odd: the end, with status payload >> 1; else the
 *               address of four words, a system call and its arguments: write
 *               (64) and exit (93) are served
 *     device 1: command 1: a character for the console
 *
 * Thread context: a vCPU's thread, without the BQL.
 */
#include "base/main_loop.h"
#include "hw/riscv/ns16550.h"
#include "hw/riscv/virt.h"

enum {
    SYSCALL_WRITE = 64,
    SYSCALL_EXIT = 93,
};

/* Two words are cleared: whoever waits for either goes on. */
static void answer(Htif *h, uint64_t value)
{
    AddressSpace *as = &h->machine->as;

    address_space_st(as, h->tohost, 8, 0, MEMTXATTRS_UNSPECIFIED);
    if (h->fromhost) {
        address_space_st(as, h->fromhost, 8, value, MEMTXATTRS_UNSPECIFIED);
    }
}

static void console(Htif *h, const void *data, size_t len)
{
    bql_lock();
    ns16550_console_write(h->console, data, len);
    bql_unlock();
}

static uint64_t write_console(Htif *h, uint64_t addr, uint64_t len)
{
    char text[256];
    uint64_t done = 0;

    /* A program that asks for more is wrong. */
    len = MIN(len, 65536);
    while (done < len) {
        size_t n = MIN(sizeof(text), len - done);

        if (address_space_read(&h->machine->as, addr + done,
                               MEMTXATTRS_UNSPECIFIED, text, n) != MEMTX_OK) {
            break;
        }
        console(h, text, n);
        done += n;
    }
    return done;
}

static void system_call(Htif *h, uint64_t addr)
{
    AddressSpace *as = &h->machine->as;
    uint64_t words[4] = { 0 }, result = (uint64_t)-38; /* ENOSYS */

    for (int i = 0; i < 4; i++) {
        if (address_space_ld(as, addr + 8 * i, 8, &words[i],
                             MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
            return;
        }
    }
    if (words[0] == SYSCALL_EXIT) {
        machine_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
                                 words[1] & 0xff);
        return;
    }
    if (words[0] == SYSCALL_WRITE && (words[1] == 1 || words[1] == 2)) {
        result = write_console(h, words[2], words[3]);
    }
    address_space_st(as, addr, 8, result, MEMTXATTRS_UNSPECIFIED);
    answer(h, 1);
}

void htif_write(Htif *h, uint64_t value)
{
    unsigned device = value >> 56, command = value >> 48 & 0xff;
    uint64_t payload = value & 0xffffffffffff;
    uint64_t status = payload >> 1;
    uint8_t character = value;

    IO_CODE();
    if (device == 0 && command == 0 && (payload & 1)) {
        /* What does not fit into a status must not look like success. */
        machine_shutdown_request(status ? SHUTDOWN_CAUSE_GUEST_PANIC
                                        : SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
                                 status > 255 ? 255 : status);
    } else if (device == 0 && command == 0 && payload) {
        system_call(h, payload);
    } else if (device == 1 && command == 1) {
        console(h, &character, 1);
        answer(h, UINT64_C(0x0101) << 48);
    }
}
