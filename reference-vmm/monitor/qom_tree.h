/* SPDX-License-Identifier: MIT */
/*
 * qom_tree.h - machine, devices, objects and chardevs as QEMU's tree of
 * objects with properties:
 *
 *     /machine
 *         /peripheral/ID            -device and device_add, with an id
 *         /peripheral-anon/device[N]           the same, without one
 *         /soc0/harts[N]
 *         /unattached/device[N]     the board's
 *     /objects/ID
 *     /chardevs/ID
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_QOM_TREE_H
#define REFVMM_MONITOR_QOM_TREE_H

#include "hw/device.h"
#include "hw/machine.h"

typedef struct QomProperty {
    char *name;
    char *type;      /* "str", "child<iothread>" */
    JsonNode *value; /* of a child: its path */
} QomProperty;

/* All of them, in order; NULL with an error of class DeviceNotFound: there is
 * no such object.  A path may also be the id of a device or object. */
GPtrArray *qom_properties(const char *path, GError **error) GS_FN;
/* What can be set: of devices and objects. */
bool qom_set(const char *path, const char *name, JsonNode *value,
             GError **error) GS_FN;
/* By path or id; NULL: there is none. */
DeviceState *qom_device(const char *path) GS_FN;
/* As QEMU's introspection calls it: "uint32". */
const char *qom_type_of_property(const DeviceProperty *p) IO_FN;

#endif
