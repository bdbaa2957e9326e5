/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Who runs these is not known: most likely an old and a new interface. */
struct histogram {
    long counts[16];
};

void histogram_add(struct histogram *h, int at)
{
    h->counts[at]++; // expect-low: MIXED_ATOMIC
}

void histogram_add_many(struct histogram *h, int at, long n)
{
    h->counts[at] += n;
}

void histogram_add_atomic(struct histogram *h, int at)
{
    __atomic_fetch_add(&h->counts[at], 1, __ATOMIC_RELAXED);
}
