/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Functions in slots that are called in another context than they need. */
#include <holdfast/annotations.h>

typedef struct Driver Driver;
struct Driver {
    int (*open)(Driver *d) HF_GS_FN;
    int (*kick)(Driver *d) HF_IO_FN;
    int (*poll)(Driver *d) HF_IO_OR_GS_FN;
    int (*read)(Driver *d) HF_COROUTINE_FN;
    int (*stat)(Driver *d) HF_NO_COROUTINE_FN;
};

static int open_driver(Driver *d)
{
    HF_GLOBAL_STATE_CODE();
    return 0;
}

/* Marked in its body only. */
static int kick_by_reopening(Driver *d)
{
    HF_GLOBAL_STATE_CODE();
    return open_driver(d);
}

static int poll_driver(Driver *d)
{
    HF_GLOBAL_STATE_CODE();
    return 0;
}

static int HF_NO_COROUTINE_FN read_blocking(Driver *d)
{
    return 0;
}

int HF_CO_WRAPPER read_wrapped(Driver *d);

static int HF_COROUTINE_FN stat_in_coroutine(Driver *d)
{
    return 0;
}

Driver broken = {
    .open = open_driver,
    .kick = kick_by_reopening, // expect: SLOT_CONTRACT
    .poll = poll_driver, // expect: SLOT_CONTRACT
    .read = read_blocking, // expect: SLOT_CONTRACT
    .stat = stat_in_coroutine, // expect: SLOT_CONTRACT
};

Driver wrapped = {
    .open = open_driver,
    .read = read_wrapped, // expect: SLOT_CONTRACT
};
