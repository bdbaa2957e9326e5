/* SPDX-License-Identifier: MIT */
/*
 * device.h - devices: classes, properties, life cycle, state.
 *
 *     -device virtio-blk-device,drive=disk0,id=vd0
 *
 * A device is one source file that defines one DeviceClass, and one line in
 * device_list.h.  All its state is in one struct, which begins with
 * DeviceState; its vmstate description says what of it travels.
 *
 * Life cycle: new (zeroed, defaults) -> properties set -> realize -> reset
 * -> ... -> unrealize -> free.  After unrealize no callback of it is called
 * any more, and it is freed after a grace period of RCU.
 *
 * Thread context: all of it under the BQL.
 */
#ifndef REFVMM_HW_DEVICE_H
#define REFVMM_HW_DEVICE_H

#include "base/lock.h"
#include "base/vmstate.h"
#include "hw/irq.h"
#include <json-glib/json-glib.h>

typedef struct DeviceState DeviceState;
typedef struct DeviceClass DeviceClass;
typedef struct Machine Machine;
typedef struct DeviceBus DeviceBus;
typedef struct MemoryRegion MemoryRegion;

typedef enum DevicePropertyType {
    PROPERTY_BOOL,    /* bool */
    PROPERTY_UINT16,  /* uint16_t */
    PROPERTY_UINT32,  /* uint32_t */
    PROPERTY_UINT64,  /* uint64_t */
    PROPERTY_SIZE,    /* uint64_t, with suffixes K M G T */
    PROPERTY_STRING,  /* char *, owned */
    PROPERTY_ENUM,    /* int: index in .choices */
    PROPERTY_MAC,     /* uint8_t[6] */
    PROPERTY_DRIVE,   /* BlockBackend *: of a node name or drive id */
    PROPERTY_CHARDEV, /* Chardev * */
    PROPERTY_NETDEV,  /* NetClient * */
    PROPERTY_IOTHREAD, /* IOThread * */
} DevicePropertyType;

typedef struct DeviceProperty {
    const char *name; /* NULL: the end */
    DevicePropertyType type;
    size_t offset; /* in the device's struct */
    uint64_t value; /* default, of numbers, bools and enums */
    uint64_t minimum, maximum; /* both 0: whatever fits */
    const char *const *choices; /* of an enum, NULL-terminated */
    const char *help; /* one line, lower case, no full stop */
} DeviceProperty;

struct DeviceClass {
    const char *name; /* "virtio-blk-device" */
    const char *bus;  /* that it sits on: "virtio-bus"; NULL: the board's */
    const char *provides_bus; /* for others to sit on; NULL: none */
    const char *help;
    bool user_creatable; /* by -device and device_add */
    size_t instance_size;
    const DeviceProperty *properties; /* NULL: none but id */
    bool (*realize)(DeviceState *dev, GError **error);
    void (*unrealize)(DeviceState *dev);
    void (*reset)(DeviceState *dev);
    /* After a whole state has been loaded and committed: memory has its new
     * shape, which it has not while vmstate is loaded. */
    bool (*loaded)(DeviceState *dev, GError **error);
    const VMStateDescription *vmstate; /* opaque: the device; NULL: none */
    const void *ops; /* of its bus: a VirtioDeviceOps for virtio devices */
};

/* What devices sit on: a slot of virtio-mmio, a virtio-serial's ports. */
struct DeviceBus {
    const char *type;
    char *name; /* owned */
    DeviceState *parent; /* NULL: of the machine */
    unsigned max_devices; /* 0: any number */
    const void *ops; /* of its type: VirtioTransportOps of a virtio-bus */
    GPtrArray *devices; /* DeviceState*, not owned */
};

struct DeviceState {
    const DeviceClass *klass;
    char *id; /* owned; NULL: anonymous */
    Machine *machine;
    DeviceBus *bus; /* it sits on; NULL: the board's own */
    GPtrArray *buses; /* DeviceBus* that it provides, owned */
    GPtrArray *mmio;  /* MemoryRegion* for the board to map, in the struct */
    GPtrArray *irqs;  /* VmIrq* for the board to connect, in the struct */
    bool realized;
};

/* All classes there are, by name, for -device help and qom-list-types. */
const DeviceClass *device_class_find(const char *name) IO_FN;
const DeviceClass *const *device_classes(size_t *ret_n) IO_FN;

/* Not realized; properties have their defaults. */
DeviceState *device_new(Machine *machine, const DeviceClass *klass,
                        const char *id) GS_FN;
/* From JSON or from the string of an option. */
bool device_set_property(DeviceState *dev, const char *name,
                         JsonNode *value, GError **error) GS_FN;
JsonNode *device_get_property(DeviceState *dev, const char *name,
                              GError **error) GS_FN;
/* Finds a bus with room when bus is NULL: of those with room the newest, so
 * that virtio devices take the slots of virtio-mmio from the last one down,
 * as under QEMU. */
bool device_realize(DeviceState *dev, DeviceBus *bus, GError **error) GS_FN;
/* What -device and device_add do: {"driver": ..., "id": ..., ...}. */
DeviceState *device_add(Machine *machine, JsonObject *options,
                        GError **error) GS_FN;
/* Unrealizes if need be, and frees; children on its buses go first. */
void device_free(DeviceState *dev) GS_FN;
DeviceState *device_find(Machine *machine, const char *id) GS_FN;
/* Where QEMU's tree of objects has it, "/machine/peripheral/net0"; owned by
 * the caller. */
char *device_path(DeviceState *dev) GS_FN;
void device_reset(DeviceState *dev) GS_FN;
/* "driver.property=value": what devices made from now on begin with. */
bool device_add_global(const char *text, GError **error) GS_FN;
/* What device_add() does by itself, for devices of the board. */
bool device_apply_globals(DeviceState *dev, GError **error) GS_FN;
void device_globals_clear(void) GS_FN;
/* Of all machines' buses by name; NULL: none. */
DeviceBus *device_bus_find(Machine *machine, const char *name) GS_FN;
/* Text for `-device help` and `-device X,help`; the latter NULL: no such. */
char *device_help(void) IO_FN;
char *device_class_help(const char *name) IO_FN;

/* ---- devices of the board ------------------------------------------------
 * What realize offers, the board then maps and connects, by its number.
 * device_free() takes regions out of the tree before unrealize, and finalizes
 * them after it. */
void device_add_mmio(DeviceState *dev, MemoryRegion *mr) GS_FN;
void device_add_irq(DeviceState *dev, VmIrq *irq) GS_FN;
void device_map(DeviceState *dev, unsigned n, uint64_t addr) GS_FN;
void device_connect_irq(DeviceState *dev, unsigned n, VmIrq irq) GS_FN;

/* Named "<id of parent>.<n>" or "<type>.<n>" when name is NULL. */
DeviceBus *device_bus_new(DeviceState *parent, const char *type,
                          const char *name, unsigned max_devices) GS_FN;

#define DEVICE(name) extern const DeviceClass name##_class;
#include "hw/device_list.h"
#undef DEVICE

#endif
