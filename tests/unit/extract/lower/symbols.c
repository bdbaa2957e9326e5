/* SPDX-License-Identifier: MIT */
/* noreturn: by_rule */
/* Kinds, linkage and flags of symbols. */
#define ctor __attribute__((constructor))

extern int declared;
int tentative;
int defined = 1;
static int internal = 2;
_Thread_local int local_to_thread;
static __thread int gnu_thread = 3;
__attribute__((weak)) int weak_variable;

void prototype(int a, ...);
void unprototyped();
__attribute__((weak)) void weak_function(void)
{
}
int weak_declared(void) __attribute__((__weak__));
static void ctor at_start(void)
{
}
_Noreturn void no_return(void);
void by_rule(void);
static inline int inlined(void)
{
    static int counter;

    return counter++;
}

static int knr(a, b)
    int a;
    char *b;
{
    return a + *b;
}

static int once(void)
{
    static int counter = 7;

    {
        static int counter = 8;

        counter++;
    }
    return counter;
}

int use_all(int n)
{
    extern int block_scope;

    prototype(1, 2);
    unprototyped(1);
    if (weak_declared()) {
        no_return();
    }
    if (n) {
        by_rule();
    }
    return declared + tentative + defined + internal + local_to_thread +
           gnu_thread + weak_variable + inlined() + knr(1, 0) + once() +
           block_scope + __builtin_popcount(n);
}

int *pointer_result(void);
struct record {
    int x;
} *record_result(void);

void results(void)
{
    *pointer_result() = record_result()->x;
}
