/* SPDX-License-Identifier: MIT */
/*
 * machine.c - machines: made, reset, freed.
 *
 * Thread context: under the BQL, but for machine_current() (an atomic
 * pointer, changed only while there are no vCPUs).
 */
#include "hw/machine.h"
#include "cpu/accel.h"
#include "base/option.h"
#include "hw/run_state.h"
#include <string.h>

#define MACHINE(name) extern const MachineClass name##_machine_class;
#include "hw/machine_list.h"
#undef MACHINE

static const MachineClass *const class_list[] = {
#define MACHINE(name) &name##_machine_class,
#include "hw/machine_list.h"
#undef MACHINE
    NULL,
};

static Machine *current;
static Chardev *serials[MACHINE_SERIAL_MAX] GUARDED_BY(bql);

const MachineClass *const *machine_classes(void)
{
    return class_list;
}

Machine *machine_current(void)
{
    IO_CODE();
    return __atomic_load_n(&current, __ATOMIC_ACQUIRE);
}

void machine_set_current(Machine *m)
{
    GLOBAL_STATE_CODE();
    __atomic_store_n(&current, m, __ATOMIC_RELEASE);
    run_state_set_machine(m);
}

void machine_set_serial(unsigned n, Chardev *c)
{
    GLOBAL_STATE_CODE();
    g_assert(n < MACHINE_SERIAL_MAX);
    serials[n] = c;
}

Chardev *machine_serial(unsigned n)
{
    GLOBAL_STATE_CODE();
    return n < MACHINE_SERIAL_MAX ? serials[n] : NULL;
}

/* ---- life --------------------------------------------------------------- */

static const MachineClass *find_class(const char *name, GError **error)
{
    GPtrArray *known = g_ptr_array_new();
    const MachineClass *found = NULL;

    for (int i = 0; class_list[i]; i++) {
        g_ptr_array_add(known, (gpointer)class_list[i]->name);
        if (name ? !strcmp(name, class_list[i]->name)
                 : class_list[i]->is_default) {
            found = class_list[i];
        }
    }
    g_ptr_array_add(known, NULL);
    if (!found) {
        option_set_unknown(error, "machine", "type", name,
                           (const char *const *)known->pdata);
    }
    g_ptr_array_unref(known);
    return found;
}

static const char *const *string_field(const MachineConfig *c, int i)
{
    const char *const *const fields[] = {
        &c->type, &c->accel, &c->firmware, &c->kernel, &c->initrd, &c->append,
        &c->dtb, &c->pflash[0], &c->pflash[1], &c->dumpdtb,
    };

    return i < (int)G_N_ELEMENTS(fields) ? fields[i] : NULL;
}

static void copy_config(MachineConfig *to, const MachineConfig *from)
{
    const char *const *field;

    *to = *from;
    for (int i = 0; (field = string_field(to, i)); i++) {
        *(const char **)field = g_strdup(*field);
    }
}

static void clear_config(MachineConfig *c)
{
    const char *const *field;

    for (int i = 0; (field = string_field(c, i)); i++) {
        g_free((char *)*field);
        *(const char **)field = NULL;
    }
}

static void rom_free(gpointer data)
{
    MachineRom *rom = data;

    g_bytes_unref(rom->bytes);
    g_free(rom->name);
    g_free(rom);
}

static bool check_config(const MachineConfig *c, const MachineClass *klass,
                         GError **error)
{
    if (c->n_cpus < 1 || c->n_cpus > klass->max_cpus) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "machine '%s' has 1 to %u CPUs, not %u", klass->name,
                    klass->max_cpus, c->n_cpus);
        return false;
    }
    if (!c->ram_size || c->ram_size % TARGET_PAGE_SIZE) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "memory of %" G_GUINT64_FORMAT " bytes: not a multiple "
                    "of the page size, 4096", c->ram_size);
        return false;
    }
    return true;
}

Machine *machine_new(const MachineConfig *config, GError **error)
{
    const MachineClass *klass = find_class(config->type, error);
    Machine *m;

    GLOBAL_STATE_CODE();
    if (!klass || !check_config(config, klass, error)) {
        return NULL;
    }
    if (!accel_set(config->accel ? config->accel : accel_list[0]->name,
                   error)) {
        return NULL;
    }
    m = g_new0(Machine, 1);
    copy_config(&m->config, config);
    m->klass = klass;
    m->devices = g_ptr_array_new();
    m->buses = g_ptr_array_new();
    m->roms = g_ptr_array_new_with_free_func(rom_free);
    m->run_state = RUN_STATE_PRELAUNCH;
    memory_region_init(&m->system_memory, "system", UINT64_MAX);
    address_space_init(&m->as, &m->system_memory, "memory");
    if (!klass->init(m, error)) {
        machine_free(m);
        return NULL;
    }
    return m;
}

bool machine_ready(Machine *m, GError **error)
{
    GLOBAL_STATE_CODE();
    if (!m->klass->load(m, error)) {
        return false;
    }
    m->ready = true;
    machine_reset(m);
    return true;
}

/* The RCU thread. */
static void free_memory(void *opaque)
{
    g_free(opaque);
}

void machine_free(Machine *m)
{
    GLOBAL_STATE_CODE();
    if (!m) {
        return;
    }
    if (machine_current() == m) {
        machine_set_current(NULL);
    }
    /* vCPUs first: they use the devices. */
    m->klass->finish(m);
    while (m->devices->len) {
        device_free(g_ptr_array_index(m->devices, m->devices->len - 1));
    }
    if (m->ram.container) {
        memory_region_del_subregion(&m->system_memory, &m->ram);
    }
    memory_region_finalize(&m->ram);
    address_space_destroy(&m->as);
    memory_region_finalize(&m->system_memory);
    g_ptr_array_unref(m->devices);
    g_ptr_array_unref(m->buses);
    g_ptr_array_unref(m->roms);
    clear_config(&m->config);
    vm_rcu_call(free_memory, m);
}

/* ---- reset -------------------------------------------------------------- */

static uint64_t rom_last(const MachineRom *rom)
{
    return rom->addr + g_bytes_get_size(rom->bytes) + rom->zeros - 1;
}

static GS_FN const MachineRom *find_overlap(Machine *m, const MachineRom *rom)
{
    for (guint i = 0; i < m->roms->len; i++) {
        const MachineRom *r = g_ptr_array_index(m->roms, i);

        if (rom->addr <= rom_last(r) && r->addr <= rom_last(rom)) {
            return r;
        }
    }
    return NULL;
}

/* False: some of it is not memory. */
static bool write_rom(Machine *m, const MachineRom *rom)
{
    static const uint8_t zeros[4096];
    gsize size;
    gconstpointer data = g_bytes_get_data(rom->bytes, &size);
    MemTxResult ret = MEMTX_OK;
    uint64_t done = 0;

    if (size) {
        ret = address_space_write_rom(&m->as, rom->addr, data, size);
    }
    while (ret == MEMTX_OK && done < rom->zeros) {
        uint64_t n = MIN(sizeof(zeros), rom->zeros - done);

        ret = address_space_write_rom(&m->as, rom->addr + size + done, zeros,
                                      n);
        done += n;
    }
    return ret == MEMTX_OK;
}

bool machine_add_rom(Machine *m, const char *name, hwaddr addr, GBytes *bytes,
                     uint64_t zeros, GError **error)
{
    MachineRom rom = { (char *)name, addr, bytes, zeros };
    uint64_t size = g_bytes_get_size(bytes) + zeros;
    const MachineRom *overlap;

    GLOBAL_STATE_CODE();
    if (!size) {
        return true;
    }
    if (addr + (size - 1) < addr || !write_rom(m, &rom)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: %" G_GUINT64_FORMAT " bytes at 0x%"
                    G_GINT64_MODIFIER "x do not fit into the guest's memory",
                    name, size, addr);
        return false;
    }
    overlap = find_overlap(m, &rom);
    if (overlap) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s at 0x%" G_GINT64_MODIFIER "x overlaps %s at 0x%"
                    G_GINT64_MODIFIER "x", name, addr, overlap->name,
                    overlap->addr);
        return false;
    }
    rom.name = g_strdup(name);
    g_bytes_ref(bytes);
    g_ptr_array_add(m->roms, g_memdup2(&rom, sizeof(rom)));
    return true;
}

void machine_replace_rom(Machine *m, const char *name, GBytes *bytes)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; i < m->roms->len; i++) {
        MachineRom *rom = g_ptr_array_index(m->roms, i);

        if (!strcmp(rom->name, name)) {
            g_bytes_unref(rom->bytes);
            rom->bytes = g_bytes_ref(bytes);
        }
    }
}

/* Not within one transaction: a device that lets go of its requests may have
 * to write to memory. */
void machine_reset_devices(Machine *m)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; i < m->devices->len; i++) {
        device_reset(g_ptr_array_index(m->devices, i));
    }
}

/* A device of the board comes first; one behind a bridge after the bridge:
 * in order of creation. */
void machine_reset(Machine *m)
{
    GLOBAL_STATE_CODE();
    /* Not in a transaction: a device ends its requests, and reads memory. */
    for (guint i = 0; i < m->devices->len; i++) {
        device_reset(g_ptr_array_index(m->devices, i));
    }
    for (guint i = 0; i < m->roms->len; i++) {
        write_rom(m, g_ptr_array_index(m->roms, i));
    }
    for (unsigned i = 0; i < vcpus_count(); i++) {
        vcpu_reset(vcpu_by_id(i));
    }
    m->klass->reset(m);
}
