/* SPDX-License-Identifier: MIT */
/*
 * bench_guest.c - what the interpreter's speed is measured with: a bare
 * program, in U-mode under Sv39 with pages of 4 KiB, as user programs run.
 *
 *     clang-19 --target=riscv64 -march=rv64gc -mabi=lp64d -mcmodel=medany
 *         -O2 -ffreestanding -nostdlib -fuse-ld=lld -T bench_guest.lds
 *         -DBENCH=n bench_guest.c
 *
 * BENCH: 1 a hot loop; 2 sieve, strings, calls, sorting; 3 the same in
 * M-mode without translation; 4 floating point; 5 system calls; 6 pointers
 * all over 16 MiB.
 *
 * Ends through tohost.
 */
typedef unsigned long u64;
typedef unsigned char u8;

#define RAM 0x80000000ul
#define RAM_SIZE (64ul << 20)

volatile u64 tohost __attribute__((section(".tohost"), aligned(64)));
volatile u64 fromhost __attribute__((section(".tohost"), aligned(64)));
static u64 tables[64][512] __attribute__((aligned(4096)));
static unsigned used_tables;
u8 stack[65536] __attribute__((aligned(16)));
u8 trap_stack[16384] __attribute__((aligned(16)));
static u64 syscalls;

static void end(u64 code)
{
    volatile unsigned *poweroff = (volatile unsigned *)0x100000;

    tohost = code << 1 | 1;
    *poweroff = code ? 0x3333 | (unsigned)code << 16 : 0x5555;
    for (;;) {
    }
}

/* Called by the trap vector. */
u64 trap(u64 cause, u64 number, u64 arg)
{
    if (cause == 8 && number == 1) {
        return syscalls += arg;
    }
    end(cause == 8 ? arg : cause + 100);
    return 0;
}

__asm__(".section .text.start\n"
        ".globl _start\n"
        "_start: la sp, stack + 65536\n"
        "la t0, trap_stack + 16384\n"
        "csrw mscratch, t0\n"
        "la t0, vector\n"
        "csrw mtvec, t0\n"
        "csrr t0, mhartid\n"
        "1: bnez t0, 1b\n"
        "li t0, 0x6000\n"
        "csrs mstatus, t0\n"
        "j main\n"
        ".balign 4\n"
        "vector: csrrw sp, mscratch, sp\n"
        "addi sp, sp, -144\n"
        "sd ra, 0(sp)\n sd t0, 8(sp)\n sd t1, 16(sp)\n sd t2, 24(sp)\n"
        "sd t3, 32(sp)\n sd t4, 40(sp)\n sd t5, 48(sp)\n sd t6, 56(sp)\n"
        "sd a1, 64(sp)\n sd a2, 72(sp)\n sd a3, 80(sp)\n sd a4, 88(sp)\n"
        "sd a5, 96(sp)\n sd a6, 104(sp)\n sd a7, 112(sp)\n"
        "mv a2, a0\n mv a1, a7\n csrr a0, mcause\n"
        "call trap\n"
        "csrr t0, mepc\n addi t0, t0, 4\n csrw mepc, t0\n"
        "ld ra, 0(sp)\n ld t0, 8(sp)\n ld t1, 16(sp)\n ld t2, 24(sp)\n"
        "ld t3, 32(sp)\n ld t4, 40(sp)\n ld t5, 48(sp)\n ld t6, 56(sp)\n"
        "ld a1, 64(sp)\n ld a2, 72(sp)\n ld a3, 80(sp)\n ld a4, 88(sp)\n"
        "ld a5, 96(sp)\n ld a6, 104(sp)\n ld a7, 112(sp)\n"
        "addi sp, sp, 144\n"
        "csrrw sp, mscratch, sp\n"
        "mret\n");

static void map_page(u64 va, u64 pa)
{
    u64 *t = tables[0];

    for (int level = 2; level > 0; level--) {
        u64 *e = &t[va >> (12 + 9 * level) & 511];

        if (!*e) {
            *e = (u64)tables[++used_tables] >> 12 << 10 | 1;
        }
        t = (u64 *)(*e >> 10 << 12);
    }
    t[va >> 12 & 511] = pa >> 12 << 10 | 0xdf;
}

static u64 ecall(u64 number, u64 arg)
{
    register u64 a7 __asm__("a7") = number;
    register u64 a0 __asm__("a0") = arg;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return a0;
}

/* ---- work --------------------------------------------------------------- */

#define HEAP ((u8 *)0x81000000ul)

static __attribute__((noinline)) u64 hot(u64 n)
{
    u64 a = 1, b = 2, c = 3;

    for (u64 i = 0; i < n; i++) {
        a += b ^ i;
        b = (b << 7) | (b >> 57);
        c += a & 0xff;
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c));
    }
    return a + b + c;
}

static __attribute__((noinline)) u64 sieve(u8 *s, u64 n)
{
    u64 count = 0;

    for (u64 i = 0; i < n; i++) {
        s[i] = 1;
        __asm__ volatile("" ::: "memory");
    }
    for (u64 i = 2; i < n; i++) {
        if (s[i]) {
            count++;
            for (u64 j = i * i; j < n; j += i) {
                s[j] = 0;
            }
        }
    }
    return count;
}

static __attribute__((noinline)) u64 length(const char *s)
{
    u64 n = 0;

    while (s[n]) {
        n++;
        __asm__ volatile("" : "+r"(n));
    }
    return n;
}

static __attribute__((noinline)) void copy(char *d, const char *s)
{
    while ((*d++ = *s++)) {
        __asm__ volatile("" ::: "memory");
    }
}

static __attribute__((noinline)) int compare(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (u8)*a - (u8)*b;
}

static __attribute__((noinline)) u64 hash(const char *s)
{
    u64 h = 5381;

    while (*s) {
        h = h * 33 ^ (u8)*s++;
    }
    return h;
}

static __attribute__((noinline)) u64 fib(u64 n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static __attribute__((noinline)) char *number(char *p, u64 v)
{
    char digits[24];
    int n = 0;

    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    while (n) {
        *p++ = digits[--n];
    }
    *p = 0;
    return p;
}

static __attribute__((noinline)) u64 strings(u64 n)
{
    char *buf = (char *)HEAP + (8 << 20), *other = buf + 4096 + 64;
    u64 sum = 0;

    for (u64 i = 0; i < n; i++) {
        char *p = number(buf, i * 7919);

        copy(p, " some words that follow the number");
        copy(other, buf);
        sum += length(buf) + hash(other);
        sum += compare(buf, other) == 0;
    }
    return sum;
}

typedef int Less(const u64 *a, const u64 *b);

static int less(const u64 *a, const u64 *b)
{
    return *a < *b;
}

static __attribute__((noinline)) void sort(u64 *v, long n, Less *is_less)
{
    while (n > 1) {
        u64 pivot = v[n / 2], t;
        long i = 0, j = n - 1;

        while (i <= j) {
            while (is_less(&v[i], &pivot)) {
                i++;
            }
            while (is_less(&pivot, &v[j])) {
                j--;
            }
            if (i <= j) {
                t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        sort(v, j + 1, is_less);
        v += i;
        n -= i;
    }
}

static Less *volatile the_less = less;

static __attribute__((noinline)) u64 sorting(u64 n)
{
    u64 *v = (u64 *)(HEAP + (4 << 20)), x = 88172645463325252ul;

    for (u64 i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        v[i] = x;
    }
    sort(v, (long)n, the_less);
    return v[n / 2];
}

static u64 mix(void)
{
    u64 sum = 0;

    for (int i = 0; i < 20; i++) {
        sum += sieve(HEAP, 400000);
        sum += strings(20000);
        sum += fib(24);
        sum += sorting(40000);
    }
    return sum;
}

static __attribute__((noinline)) u64 floating(u64 n)
{
    double x = 0.5, y = 0.25, s = 0;

    for (u64 i = 0; i < n; i++) {
        x = x * 1.000001 + y / 3.0;
        y = y - x * 0.0000001;
        s += x > y ? x : y;
        __asm__ volatile("" : "+f"(x), "+f"(y), "+f"(s));
    }
    return (u64)s;
}

static __attribute__((noinline)) u64 pointers(u64 n)
{
    u64 *v = (u64 *)HEAP, words = (16 << 20) / 8, x = 1, sum = 0;

    for (u64 i = 0; i < n; i++) {
        x = x * 6364136223846793005ul + 1442695040888963407ul;
        sum += v[(x >> 33) % words]++;
    }
    return sum;
}

static u64 work(void)
{
    u64 sum = 0;

    switch (BENCH) {
    case 1: return hot(300000000);
    case 4: return floating(60000000);
    case 5:
        for (u64 i = 0; i < 5000000; i++) {
            sum += ecall(1, i);
        }
        return sum;
    case 6: return pointers(60000000);
    default: return mix();
    }
}

static void user(void)
{
    volatile u64 sum = work();

    (void)sum;
    ecall(2, 0);
}

void main(void)
{
    if (BENCH == 3) {
        work();
        end(0);
    }
    for (u64 a = RAM; a < RAM + RAM_SIZE; a += 4096) {
        map_page(a, a);
    }
    __asm__ volatile("csrw satp, %0\n sfence.vma\n"
                     "csrw pmpaddr0, %1\n csrw pmpcfg0, %2\n"
                     "csrc mstatus, %3\n csrw mepc, %4\n mret\n"
                     ::"r"(8ul << 60 | (u64)tables[0] >> 12),
                     "r"(~0ul), "r"(0x1ful), "r"(0x1800ul), "r"(user));
}
