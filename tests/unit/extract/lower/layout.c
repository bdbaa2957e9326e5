/* Layouts of records whose size is asked for. */
#include <stddef.h>

struct inner {
    void *p;
    char c;
};

struct holes {
    char a;
    int b;
    struct inner arr[2];
    union {
        void *q;
        long n;
    } u;
    unsigned f1 : 3, f2 : 4, : 2;
    struct {
        short s;
    };
    char rest[];
};

struct __attribute__((packed)) packed {
    char a;
    int b;
};

struct overlap {
    union {
        char c;
        int i;
    } u;
    union {
        char c;
        long long : 0;
    } v __attribute__((aligned(8)));
};

typedef struct {
    int x;
    long y;
} Typedefed;

struct never_asked {
    char a;
    long b;
};

size_t layouts(struct holes *h, struct never_asked *n);
size_t layouts(struct holes *h, struct never_asked *n)
{
    Typedefed list[3] = { { 1, 2 } };
    struct packed whole = { 0 };

    n->a = 0;
    return sizeof(*h) + sizeof(struct packed) + sizeof(Typedefed[3]) +
           sizeof(list) + sizeof(struct overlap) + whole.a;
}
