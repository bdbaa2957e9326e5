/* SPDX-License-Identifier: MIT */
/*
 * null.c - a chardev that takes everything and sends nothing.
 *
 * Thread context: under the BQL.
 */
#include "hw/chardev/chardev_int.h"

static bool null_open(Chardev *c, JsonObject *options, GError **error)
{
    c->is_open = true;
    return true;
}

static ssize_t null_write(Chardev *c, const void *data, size_t len)
{
    return len;
}

extern const ChardevClass null_chardev_class;
const ChardevClass null_chardev_class = {
    .name = "null",
    .help = "takes everything, sends nothing",
    .instance_size = sizeof(Chardev),
    .open = null_open,
    .write = null_write,
};
