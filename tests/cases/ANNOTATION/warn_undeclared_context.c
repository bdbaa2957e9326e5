/* SPDX-License-Identifier: MIT */
// profile: qemu-common
/* The declaration says less than the body, or the body checks less than those
 * beside it. */
#include "convention.h"

static int count;

void part_start(void)
{
    GLOBAL_STATE_CODE();
    count = 1;
}

void part_stop(void)
{
    GLOBAL_STATE_CODE();
    count = 0;
}

void part_add(int n)
{
    GLOBAL_STATE_CODE();
    count += n;
}

int part_count(void)
{
    IO_CODE();
    return count;
}

void part_forgotten(void)
{
    GLOBAL_STATE_CODE();
    part_stop();
    part_start();
}

typedef struct Driver {
    void (*open)(void) SLOT(GS_FN);
    void (*close)(void) SLOT(GS_FN);
    void (*drain)(void) SLOT(GS_FN);
    int (*length)(void) SLOT(IO_FN);
    void (*forgotten)(void); // expect: ANNOTATION
} Driver;

static void drive_open(void)
{
    GLOBAL_STATE_CODE();
    part_start();
}

static void drive_close(void)
{
    GLOBAL_STATE_CODE();
    part_stop();
}

const Driver driver = { .open = drive_open, .close = drive_close,
                        .forgotten = drive_close };
