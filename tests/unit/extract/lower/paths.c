/* SPDX-License-Identifier: MIT */
/* Access paths and the reads on the way. */
struct inner {
    int x;
    int arr[4];
};

struct S {
    int f;
    struct S *next;
    struct inner in;
    struct inner *pin;
    int table[3][5];
    struct {
        int anon;
        union {
            int deep;
            char *text;
        };
    };
};

struct S global;
static struct S *global_ptr;
int numbers[10];
int sink;

void use(const void *p);
struct S by_value(void);

void members(struct S *s, struct S v)
{
    sink = s->f;
    sink = s->next->f;
    sink = s->in.x;
    sink = s->pin->x;
    sink = v.in.x;
    sink = global.f;
    sink = global_ptr->f;
    sink = s->anon;
    sink = s->deep;
    sink = (*s).f;
    sink = (&v)->f;
    sink = by_value().f;
}

void writes(struct S *s, int v)
{
    s->f = v;
    s->next->in.x = v;
    *s = global;
    global.next = s;
    s->in.arr[2] = v;
    s->f += 2;
    s->next->f++;
    --sink;
    s->f = s->next->f = v;
    s->f |= 4;
    s->f &= ~4;
    s->f -= v;
}

void addresses(struct S *s, int i)
{
    int local;

    use(&s->f);
    use(&s->next->in);
    use(&s->in.arr[i]);
    use(&local);
    use(&global);
    use(&*s);
    use(s->in.arr);
    use(numbers);
    use(&numbers);
    use(&s->pin[2]);
    use(&(&s->in)->x);
    use((&s->in)->arr);
    local = *&s->f;
}

void elements(struct S *s, int *p, int i)
{
    sink = numbers[3];
    sink = numbers[i];
    sink = 3[numbers];
    sink = s->table[1][2];
    sink = p[0];
    sink = p[4];
    sink = p[i];
    sink = *(p + 2);
    sink = *(p - 2);
    sink = *(1 + p);
    sink = *(numbers + 2);
    sink = *numbers;
    sink = (p + 1)[1];
    sink = (&numbers[1])[2];
    sink = s[1].f;
    sink = (s + 1)->f;
}

void steps(int *p, const char *s, char *d)
{
    *p++ = 1;
    *++p = 2;
    *p-- = 3;
    while ((*d++ = *s++)) {
    }
    p += 2;
    p -= sink;
    sink = *p;
}

void casts(void *opaque, unsigned long n)
{
    struct S *s = opaque;
    struct S *t = (struct S *)n;

    sink = ((struct S *)opaque)->f;
    sink = *(int *)opaque;
    sink = (char)s->f;
    use((void *)t);
}

int *pointer_result(struct S *s, int i)
{
    return i ? &s->f : s->in.arr + i;
}

void shared_local(void)
{
    int x = 1, y = 2;

    use(&x);
    sink = x + y;
    x = 3;
    x++;
    y++;
}

void strings(char *p)
{
    p = "one" "two";
    use(__func__);
    use(&"literal"[1]);
}

void arithmetic(int x)
{
    sink = 2 + 3 * 4;
    sink = -(1 << 4) | 1;
    sink = ~0;
    sink = 10 / 3 - 7 % 4;
    sink = x + 1;
    sink = 'a';
    sink = 0x10 + 010 + 0b11 + 5UL;
    sink = (x & 3) + 1;
    sink = 1 | x;
    sink = x - 2;
    sink = -x * ~x;
    sink = 5 - x;
    sink = (x * x) & 1;
}
