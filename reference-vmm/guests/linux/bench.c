/* SPDX-License-Identifier: MIT */
/*
 * Speed of the CPU and of a disk as a process of the guest sees them.  Without
 * a C library, so that it can be built where none for riscv64 is installed.
 *
 *     bench now          nanoseconds of the monotonic clock
 *     bench ticks        the time CSR (10 MHz from power-on on this machine)
 *     bench hot COUNT    runs COUNT rounds of HOT_INSTRUCTIONS and prints
 *                        "bench: hot <instructions> <nanoseconds> ns"
 *     bench disk DEVICE read|write seq|random SIZE COUNT
 *                        COUNT transfers of SIZE bytes (at most 1 MiB) past
 *                        the page cache, one after the other; prints
 *                        "bench: disk <transfers> <nanoseconds> ns"
 */
#include <stdint.h>

#define SYS_OPENAT 56
#define SYS_LSEEK 62
#define SYS_WRITE 64
#define SYS_PREAD64 67
#define SYS_PWRITE64 68
#define SYS_EXIT 93
#define SYS_CLOCK_GETTIME 113
#define CLOCK_MONOTONIC 1
#define AT_FDCWD (-100)
#define O_RDWR 2
#define O_DIRECT 040000
#define SEEK_END 2
#define TRANSFER_MAX (1 << 20)
#define HOT_INSTRUCTIONS 8

static long call4(long number, long v0, const void *v1, long v2, long v3)
{
    register long a0 __asm__("a0") = v0;
    register long a1 __asm__("a1") = (long)v1;
    register long a2 __asm__("a2") = v2;
    register long a3 __asm__("a3") = v3;
    register long a7 __asm__("a7") = number;

    __asm__ volatile("ecall" : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a7) : "memory");
    return a0;
}

static long call(long number, long v0, const void *v1, long v2)
{
    return call4(number, v0, v1, v2, 0);
}

static uint64_t now(void)
{
    volatile int64_t t[2] = {0, 0};

    call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, (const void *)t, 0);
    return (uint64_t)t[0] * 1000000000 + (uint64_t)t[1];
}

static void put(const char *s)
{
    const volatile char *end = s;

    while (*end) {
        end++;
    }
    call(SYS_WRITE, 1, s, end - s);
}

static void put_number(uint64_t v)
{
    char text[24];
    char *p = text + sizeof(text);

    *--p = '\0';
    do {
        *--p = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(p);
}

static uint64_t number(const char *s)
{
    uint64_t v = 0;

    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (uint64_t)(*s - '0');
    }
    return v;
}

/* Loads, stores, sums, a shift and a branch. */
static void hot(uint64_t rounds)
{
    uint64_t word[2] = {1, 2};
    uint64_t a, b = 0, c = 0, start = now(), left = rounds;

    __asm__ volatile("1: ld %0, 0(%4)\n"
                     "   add %1, %1, %0\n"
                     "   xor %2, %2, %1\n"
                     "   srli %0, %2, 3\n"
                     "   addi %0, %0, 1\n"
                     "   sd %0, 8(%4)\n"
                     "   addi %3, %3, -1\n"
                     "   bnez %3, 1b\n"
                     : "=&r"(a), "+r"(b), "+r"(c), "+r"(left)
                     : "r"(word)
                     : "memory");
    put("bench: hot ");
    put_number(rounds * HOT_INSTRUCTIONS);
    put(" ");
    put_number(now() - start);
    put(" ns\n");
}

static void fail(const char *why)
{
    put("bench: ");
    put(why);
    put("\n");
    call(SYS_EXIT, 1, 0, 0);
}

static void disk(char **argv)
{
    static char buffer[TRANSFER_MAX] __attribute__((aligned(4096)));
    long call_number = argv[3][0] == 'w' ? SYS_PWRITE64 : SYS_PREAD64;
    int random = argv[4][0] == 'r';
    uint64_t size = number(argv[5]), count = number(argv[6]);
    uint64_t x = 88172645463325252u, start, slots;
    long fd = call(SYS_OPENAT, AT_FDCWD, argv[2], O_RDWR | O_DIRECT);

    if (fd < 0 || !size || size > TRANSFER_MAX) {
        fail("no such device, or a wrong size");
    }
    slots = (uint64_t)call(SYS_LSEEK, fd, 0, SEEK_END) / size;
    if (!slots) {
        fail("the device is too small");
    }
    start = now();
    for (uint64_t i = 0; i < count; i++) {
        x ^= x << 13; /* xorshift64 */
        x ^= x >> 7;
        x ^= x << 17;
        if (call4(call_number, fd, buffer, (long)size,
                  (long)((random ? x : i) % slots * size)) != (long)size) {
            fail("a transfer failed");
        }
    }
    put("bench: disk ");
    put_number(count);
    put(" ");
    put_number(now() - start);
    put(" ns\n");
}

void run(long *stack);

/* @stack: argc, argv[] as the kernel lays them out. */
void run(long *stack)
{
    char **argv = (char **)(stack + 1);
    uint64_t ticks;

    if (stack[0] == 3 && argv[1][0] == 'h') {
        hot(number(argv[2]));
    } else if (stack[0] == 2 && argv[1][0] == 't') {
        __asm__ volatile("rdtime %0" : "=r"(ticks));
        put_number(ticks);
        put("\n");
    } else if (stack[0] == 2 && argv[1][0] == 'n') {
        put_number(now());
        put("\n");
    } else if (stack[0] == 7 && argv[1][0] == 'd') {
        disk(argv);
    } else {
        put("usage: bench now|ticks|hot COUNT|disk DEVICE read|write "
            "seq|random SIZE COUNT\n");
        call(SYS_EXIT, 2, 0, 0);
    }
    call(SYS_EXIT, 0, 0, 0);
}

__asm__("    .globl _start\n"
        "_start:\n"
        "    .option push\n"
        "    .option norelax\n"
        "    la gp, __global_pointer$\n"
        "    .option pop\n"
        "    mv a0, sp\n"
        "    call run\n");
