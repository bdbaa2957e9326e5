/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * The incoming side loads all devices inside one transaction on the memory
 * map, so that the map is rebuilt once.  A device's load callback sets its
 * ring caches up, which reads the flattened map: in the middle of the change.
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

/* ---- region caches ---- */

typedef struct RingCache {
    int len;
} RingCache;

static FlatMap *space_get_flat(Space *as)
{
    return space_flat(as);
}

static int ring_cache_init(RingCache *cache, Space *as)
{
    cache->len = space_get_flat(as)->n_ranges;
    return cache->len;
}

/* ---- a device ---- */

typedef struct Device {
    Space *as;
    RingCache rings[2];
} Device;

static int ring_device_load(void *opaque)
{
    Device *d = opaque;

    for (int i = 0; i < 2; i++) {
        ring_cache_init(&d->rings[i], d->as);
    }
    return 0;
}

static int plain_device_load(void *opaque)
{
    Device *d = opaque;

    d->rings[0].len = 0;
    return 0;
}

/* ---- two levels of function pointers ---- */

typedef struct Description {
    const char *name;
    int (*load)(void *opaque);
} Description;

typedef struct Handlers {
    int (*load_state)(const Description *desc, void *opaque);
} Handlers;

static const Description descriptions[] = {
    { "ring", ring_device_load },
    { "plain", plain_device_load },
};

static int load_described(const Description *desc, void *opaque)
{
    return desc->load(opaque);
}

static const Handlers handlers = { .load_state = load_described };

static Space space;
static Device devices[2] = { { &space }, { &space } };

static int load_section(const Handlers *h, int i)
{
    return h->load_state(&descriptions[i], &devices[i]);
}

static int load_all(void)
{
    int ret = 0;

    for (int i = 0; i < 2 && ret == 0; i++) {
        ret = load_section(&handlers, i);
    }
    return ret;
}

int incoming(void);
int incoming(void)
{
    int ret;

    map_change_begin();
    ret = load_all(); // expect: TRANSACTION
    map_change_commit();
    return ret;
}
