/* SPDX-License-Identifier: MIT */
/*
 * property.h - properties of devices: text or JSON in, fields out.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_PROPERTY_H
#define REFVMM_HW_PROPERTY_H

#include "hw/device.h"

/* Terminates the list of a class without properties. */
const DeviceProperty *property_find(const DeviceClass *klass,
                                    const char *name) IO_FN;
bool property_set(DeviceState *dev, const DeviceProperty *p, JsonNode *value,
                  GError **error) GS_FN;
/* New; owned by the caller. */
JsonNode *property_get(DeviceState *dev, const DeviceProperty *p) GS_FN;
void property_set_default(DeviceState *dev, const DeviceProperty *p) GS_FN;
/* Lets go of what the field owns. */
void property_release(DeviceState *dev, const DeviceProperty *p) GS_FN;
const char *property_type_name(DevicePropertyType type) IO_FN;
/* NULL-terminated, on the heap: g_free() the array only. */
const char **property_names(const DeviceClass *klass) IO_FN;

#endif
