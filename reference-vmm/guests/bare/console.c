/* SPDX-License-Identifier: MIT */
/*
 * Console over an ns16550, checks, power off over the test finisher, and the
 * four string functions that the compiler may call.
 */
#include "runtime.h"

#define UART 0x10000000ul
#define UART_LSR 5
#define UART_LSR_THRE 0x20
#define FINISHER 0x100000ul
#define FINISHER_FAIL 0x3333
#define FINISHER_PASS 0x5555

static unsigned console_lock;
static unsigned failures, passes;

static void lock(void)
{
    while (__atomic_exchange_n(&console_lock, 1, __ATOMIC_ACQUIRE)) {
    }
}

static void unlock(void)
{
    __atomic_store_n(&console_lock, 0, __ATOMIC_RELEASE);
}

static void put(char c)
{
    while (!(read8(UART + UART_LSR) & UART_LSR_THRE)) {
    }
    write8(UART, (uint8_t)c);
}

static void put_string(const char *s, int width)
{
    int length = (int)strlen(s);

    for (; length < width; length++) {
        put(' ');
    }
    while (*s) {
        put(*s++);
    }
}

static void put_number(uint64_t value, unsigned base, int width, char pad)
{
    char text[24];
    int n = 0;

    do {
        text[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    for (; width > n; width--) {
        put(pad);
    }
    while (n) {
        put(text[--n]);
    }
}

static uint64_t next_number(va_list *arguments, bool is_long, bool is_signed)
{
    if (is_long) {
        return va_arg(*arguments, uint64_t);
    }
    if (is_signed) {
        return (uint64_t)(int64_t)va_arg(*arguments, int);
    }
    return va_arg(*arguments, unsigned);
}

static void put_format(const char *f, va_list *arguments)
{
    for (; *f; f++) {
        bool is_long = false;
        char pad = ' ';
        int width = 0;
        uint64_t v;

        if (*f != '%') {
            if (*f == '\n') {
                put('\r');
            }
            put(*f);
            continue;
        }
        f++;
        if (*f == '0') {
            pad = '0';
        }
        for (; *f >= '0' && *f <= '9'; f++) {
            width = width * 10 + (*f - '0');
        }
        for (; *f == 'l' || *f == 'z'; f++) {
            is_long = true;
        }
        switch (*f) {
        case 's':
            put_string(va_arg(*arguments, const char *), width);
            break;
        case 'c':
            put((char)va_arg(*arguments, int));
            break;
        case 'd':
            v = next_number(arguments, is_long, true);
            if ((int64_t)v < 0) {
                put('-');
                v = -v;
            }
            put_number(v, 10, width, pad);
            break;
        case 'u':
            put_number(next_number(arguments, is_long, false), 10, width, pad);
            break;
        case 'x':
            put_number(next_number(arguments, is_long, false), 16, width, pad);
            break;
        default:
            put(*f);
        }
    }
}

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    lock();
    put_format(format, &arguments);
    unlock();
    va_end(arguments);
}

bool check(bool holds, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    lock();
    put_string(holds ? "ok   " : "FAIL ", 0);
    put_format(format, &arguments);
    put('\r');
    put('\n');
    if (holds) {
        passes++;
    } else {
        failures++;
    }
    unlock();
    va_end(arguments);
    return holds;
}

void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    lock();
    put_string("\r\nFAIL ", 0);
    put_string(payload_name, 0);
    put_string(": ", 0);
    put_format(format, &arguments);
    put('\r');
    put('\n');
    power_off(1);
}

unsigned checks_failed(void)
{
    return failures;
}

void power_off(int status)
{
    fence();
    write32(FINISHER, status == 0
                          ? FINISHER_PASS
                          : (uint32_t)status << 16 | FINISHER_FAIL);
    for (;;) {
        wait_for_interrupt();
    }
}

void runtime_boot(unsigned long hart, const void *blob);

/* The first hart, from start.S. */
void runtime_boot(unsigned long hart, const void *blob)
{
    boot_hart = (unsigned)hart;
    if (!dtb_valid(blob)) {
        fail("no device tree at 0x%lx", (uint64_t)blob);
    }
    dtb = blob;
    payload_main();
    if (failures) {
        print("FAIL %s: %u of %u checks\n", payload_name, failures,
              failures + passes);
    } else {
        print("PASS %s: %u checks\n", payload_name, passes);
    }
    power_off(failures ? 1 : 0);
}

void *memset(void *to, int byte, size_t n)
{
    volatile uint8_t *p = to;

    while (n--) {
        *p++ = (uint8_t)byte;
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    volatile uint8_t *p = to;
    const uint8_t *q = from;

    while (n--) {
        *p++ = *q++;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const volatile uint8_t *p = a;
    const uint8_t *q = b;

    for (; n--; p++, q++) {
        if (*p != *q) {
            return *p < *q ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *s)
{
    const volatile char *end = s;

    while (*end) {
        end++;
    }
    return (size_t)(end - s);
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}
