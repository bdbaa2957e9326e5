/* SPDX-License-Identifier: MIT */
/* Statement expressions: their value, and what it stands for. */
struct S {
    int n;
    struct S *next;
};

int more(void);
void use(void *p);
int sink;

#define max(a, b) ({ __typeof__(a) a_ = (a), b_ = (b); a_ > b_ ? a_ : b_; })
#define steal(pp) ({ __typeof__(*(pp)) p_ = *(pp); *(pp) = (void *)0; p_; })
#define copy(x) ({ __typeof__(x) c_ = (x); c_; })

void stands_for_its_value(struct S *s, int k)
{
    sink = copy(s->n);
    copy(s)->n = 1;
    copy(&s->next->n)[0] = 2;
    sink = max(k, 3);
    sink = copy(copy(k));
}

struct S *memory_changed(struct S *s)
{
    return steal(&s->next);
}

int changed_in_between(struct S *s)
{
    return ({
        int before = s->n;

        use(s);
        before;
    });
}

int not_by_a_read(struct S *s)
{
    return ({
        int before = s->n;

        sink == s->next->n ? before : before + 1;
    });
}

int loops(struct S *s)
{
    return ({
        int n = s->n;
        int copies = 0;

        while (more()) {
            copies += n;
            s->n++;
        }
        copies;
    });
}

int several_values(struct S *s)
{
    return ({
        int r;

        if (s->n) {
            r = more();
        } else {
            r = 2;
        }
        r;
    });
}

void no_value(struct S *s)
{
    ({ s->n = 1; });
    ({ int unused = more(); (void)unused; });
    ({});
}

int leaves(struct S *s)
{
    int v = ({
        if (!s) {
            return -1;
        }
        s->n;
    });

    return v;
}

int argument_changes(int k)
{
    return ({
        int before = k;

        k++;
        before;
    });
}
