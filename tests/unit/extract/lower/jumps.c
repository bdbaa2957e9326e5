/* SPDX-License-Identifier: MIT */
/* goto, labels, computed goto, code nothing leads to. */
void a(void);
void b(void);
int more(void);

int forward(int n)
{
    int ret = -1;

    if (n) {
        goto out;
    }
    ret = more();
out:
    return ret;
}

void backward(void)
{
again:
    a();
    if (more()) {
        goto again;
    }
}

void out_of_scopes(int n)
{
    int outer = n;

    {
        int inner = n;

        {
            int innermost = inner;

            if (innermost) {
                goto done;
            }
        }
        if (inner) {
            goto retry;
        }
    }
retry:
    if (outer) {
        int last = outer;

        if (last) {
            goto retry;
        }
    }
done:
    b();
}

void back_over_a_declaration(void)
{
again:;
    int x = more();

    if (x) {
        goto again;
    }
    a();
}

void unreachable_code(void)
{
    return;
    a();
    if (more()) {
        b();
    }
}

int label_after_return(int n)
{
    if (n) {
        goto fail;
    }
    return 0;
fail:
    a();
    return -1;
}

void label_nobody_reaches(void)
{
    return;
    goto dead;
dead:
    a();
    goto also_dead;
also_dead:
    b();
}

void unused_label(void)
{
    a();
unused:
    b();
}

void reached_from_below(void)
{
    goto middle;
top:
    a();
    return;
middle:
    b();
    goto top;
}

int interpreter(const unsigned char *code)
{
    static const void *const table[] = { &&add, &&stop };
    int sum = 0;

    goto *table[*code];
add:
    sum++;
    code++;
    goto *table[*code];
stop:
    return sum;
}
