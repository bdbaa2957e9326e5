/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * The same load, made right: ring caches are set up when the transaction is
 * over, by a list of what is left to do.
 */
#include <holdfast/annotations.h>
#include <stddef.h>

HF_TOKEN_DECLARE(map_change);

void map_change_begin(void) HF_ACQUIRE(map_change);
void map_change_commit(void) HF_RELEASE(map_change);

typedef struct FlatMap {
    int n_ranges;
} FlatMap;

typedef struct Space {
    FlatMap *flat;
} Space;

FlatMap *space_flat(Space *as) HF_EXCLUDES(map_change);
FlatMap *space_flat(Space *as)
{
    return as->flat;
}

typedef struct Device Device;
struct Device {
    Space *as;
    int ring_len;
    int (*load)(Device *d);
    void (*loaded)(Device *d);
};

static int ring_load(Device *d)
{
    d->ring_len = 0;
    return 0;
}

static void ring_loaded(Device *d)
{
    d->ring_len = space_flat(d->as)->n_ranges;
}

static Space space;
static Device devices[2] = {
    { &space, 0, ring_load, ring_loaded },
    { &space, 0, ring_load, ring_loaded },
};

static int load_all(void)
{
    int ret = 0;

    for (int i = 0; i < 2 && ret == 0; i++) {
        ret = devices[i].load(&devices[i]);
    }
    return ret;
}

int incoming(void);
int incoming(void)
{
    int ret;

    map_change_begin();
    ret = load_all();
    map_change_commit();
    for (int i = 0; i < 2 && ret == 0; i++) {
        devices[i].loaded(&devices[i]);
    }
    return ret;
}
