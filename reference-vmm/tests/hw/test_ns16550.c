/* SPDX-License-Identifier: MIT */
/*
 * test_ns16550.c - the serial port: registers, FIFOs, interrupts, loopback,
 * and flow control towards a chardev that takes nothing for a while.
 */
#include "hw_test.h"
#include "hw/riscv/virt.h"
#include <fcntl.h>
#include <sys/socket.h>

#define UART ((hwaddr)VIRT_UART_BASE)

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

static Machine *m;
static int peer = -1;

static uint8_t get(unsigned reg)
{
    return hw_read(m, UART + reg, 1);
}

static void set(unsigned reg, uint8_t value)
{
    hw_write(m, UART + reg, 1, value);
}

static int setup(void **state)
{
    JsonObject *o = json_object_new();
    GError *error = NULL;
    int fds[2];
    char number[16];

    GLOBAL_STATE_CODE();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    peer = fds[1];
    fcntl(peer, F_SETFL, O_NONBLOCK);
    g_snprintf(number, sizeof(number), "%d", fds[0]);
    json_object_set_string_member(o, "backend", "socket");
    json_object_set_string_member(o, "id", "s");
    json_object_set_string_member(o, "fd", number);
    machine_set_serial(0, chardev_new(o, &error));
    assert_no_error(error);
    json_object_unref(o);
    m = hw_machine();
    hw_write(m, (hwaddr)VIRT_PLIC_BASE + 4 * VIRT_UART_IRQ, 4, 1);
    return 0;
}

static int teardown(void **state) NO_TSA;
static int teardown(void **state)
{
    hw_machine_end(m);
    machine_set_serial(0, NULL);
    chardevs_free();
    close(peer);
    return 0;
}

/* Claims in vain or not: whether it interrupted since. */
static bool interrupted(void)
{
    hwaddr plic = VIRT_PLIC_BASE;
    bool pending = hw_read(m, plic + 0x1000, 4) >> VIRT_UART_IRQ & 1;

    hw_write(m, plic + 0x2000, 4, 1 << VIRT_UART_IRQ);
    hw_write(m, plic + 0x200004, 4, hw_read(m, plic + 0x200004, 4));
    return pending;
}

static void after_reset(void **state)
{
    assert_int_equal(get(IER), 0);
    assert_int_equal(get(IIR), 1);
    assert_int_equal(get(LSR), 0x60);
    assert_int_equal(get(MSR), 0xb0);
    set(SCR, 0x5a);
    assert_int_equal(get(SCR), 0x5a);
    set(LCR, 0x80);
    set(0, 0x34);
    set(1, 0x12);
    assert_int_equal(get(0), 0x34);
    assert_int_equal(get(1), 0x12);
    set(LCR, 3);
    assert_int_equal(get(IER), 0);
}

static void sends(void **state)
{
    char buf[16] = "";

    GLOBAL_STATE_CODE();
    set(IER, 2);
    assert_int_equal(get(IIR), 2); /* empty: tells so when asked to */
    assert_int_equal(get(IIR), 1); /* and once */
    for (const char *p = "hello"; *p; p++) {
        set(RBR, *p);
        assert_true(get(LSR) & 0x20);
    }
    assert_int_equal(get(IIR), 2);
    hw_poll_until(read(peer, buf, sizeof(buf)) > 0);
    assert_string_equal(buf, "hello");
}

static void receives_in_fifo(void **state)
{
    GLOBAL_STATE_CODE();
    set(IIR, 0x81); /* FIFO on, trigger at 8 */
    set(IER, 1);
    assert_int_equal(get(IIR), 0xc1);
    assert_int_equal(write(peer, "0123456789", 10), 10);
    hw_poll_until(get(LSR) & 1);
    assert_int_equal(get(IIR), 0xc4);
    assert_true(interrupted());
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(RBR), '0' + i);
    }
    /* Below the trigger: nothing, until the bytes have waited. */
    assert_int_equal(get(IIR), 0xc1);
    vm_clock_start();
    hw_poll_until(get(IIR) == 0xcc);
    vm_clock_stop();
    for (int i = 3; i < 10; i++) {
        assert_true(get(LSR) & 1);
        assert_int_equal(get(RBR), '0' + i);
    }
    assert_false(get(LSR) & 1);
    assert_int_equal(get(IIR), 0xc1);
}

static void more_than_the_fifo_waits_outside(void **state)
{
    char sent[100];

    GLOBAL_STATE_CODE();
    set(IIR, 1);
    for (int i = 0; i < 100; i++) {
        sent[i] = i;
    }
    assert_int_equal(write(peer, sent, 100), 100);
    for (int i = 0; i < 100; i++) {
        hw_poll_until(get(LSR) & 1);
        assert_int_equal(get(RBR), i);
        assert_false(get(LSR) & 2); /* nothing was lost */
    }
}

static void loopback(void **state)
{
    set(IIR, 1);
    set(MCR, 0x10);
    assert_int_equal(get(MSR), 0x0b); /* all lines fell */
    set(MCR, 0x1f);
    assert_int_equal(get(MSR) & 0xf0, 0xf0);
    for (int i = 0; i < 17; i++) {
        set(RBR, 'a' + i);
    }
    assert_true(get(LSR) & 2); /* the seventeenth overran */
    assert_false(get(LSR) & 2);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(get(RBR), 'a' + i);
    }
    set(RBR, 'x');
    set(IIR, 3); /* clear */
    assert_false(get(LSR) & 1);
}

static void full_chardev_holds_the_transmitter(void **state)
{
    size_t sent = 0, got = 0;
    char buf[4096];
    ssize_t n;

    GLOBAL_STATE_CODE();
    set(IIR, 1);
    while (sent < 10000000 && (get(LSR) & 0x20)) {
        set(RBR, (char)sent++);
        if (sent % 1024 == 0) {
            aio_poll(main_loop_context(), false);
        }
    }
    assert_true(sent < 10000000);
    assert_false(get(LSR) & 0x40);
    while (got < sent) {
        n = read(peer, buf, sizeof(buf));
        for (ssize_t i = 0; i < n; i++) {
            assert_int_equal((uint8_t)buf[i], (uint8_t)got++);
        }
        aio_poll(main_loop_context(), false);
    }
    hw_poll_until(get(LSR) & 0x40);
}

static void line_status_interrupts(void **state)
{
    set(IIR, 1);
    set(IER, 4);
    set(MCR, 0x10);
    for (int i = 0; i < 17; i++) {
        set(RBR, 0);
    }
    assert_int_equal(get(IIR), 0xc6);
    get(LSR);
    assert_int_equal(get(IIR), 0xc1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(after_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(sends, setup, teardown),
        cmocka_unit_test_setup_teardown(receives_in_fifo, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_the_fifo_waits_outside,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(loopback, setup, teardown),
        cmocka_unit_test_setup_teardown(full_chardev_holds_the_transmitter,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(line_status_interrupts, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
