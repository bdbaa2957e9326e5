/* SPDX-License-Identifier: MIT */
/*
 * pflash_cfi01.c - a bank of NOR flash with Intel's command set (JEDEC
 * JESD68.01 Common Flash Interface; command set 0001): two chips of 16 bits
 * side by side on a bus of 32, together 32 MiB in blocks of 256 KiB.
 *
 * In array mode the guest reads it as ROM, without coming here; a command
 * turns reads into accesses of the device until the next 0xff.  Programming
 * replaces what was there, without the AND of real chips, so that an image
 * full of zeros can be programmed without being erased first.
 *
 * Writes reach the image before the guest goes on: the vCPU polls the main
 * loop meanwhile.
 *
 * Thread context: under the BQL.
 */
#include "base/rcu.h"
#include "base/trace.h"
#include "hw/drive.h"
#include "hw/machine.h"
#include "memory/ram_block.h"
#include <string.h>

#define BUS_WIDTH 4
#define N_CHIPS 2
#define BLOCK_SIZE (256 * 1024)
#define BANK_SIZE (32 * 1024 * 1024)
#define N_BLOCKS (BANK_SIZE / BLOCK_SIZE)
#define BUFFER_SIZE (N_CHIPS << 11) /* of both chips */

enum {
    CMD_READ_ARRAY = 0xff,
    CMD_PROGRAM = 0x40,
    CMD_PROGRAM_ALT = 0x10,
    CMD_ERASE = 0x20,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK = 0x60,
    CMD_READ_STATUS = 0x70,
    CMD_READ_ID = 0x90,
    CMD_CFI_QUERY = 0x98,
    CMD_CONFIRM = 0xd0,
    CMD_BUFFER = 0xe8,
};

enum {
    STATUS_READY = 0x80,
    STATUS_ERASE_ERROR = 0x20,
    STATUS_PROGRAM_ERROR = 0x10,
};

typedef struct PflashCfi01 {
    DeviceState parent;
    MemoryRegion mmio;
    char *name;
    BlockBackend *blk;
    bool read_only, attached;

    uint8_t command; /* that is under way */
    uint8_t cycle;   /* writes of it that came already */
    uint8_t status;
    uint32_t buffer_left;  /* words still to come */
    uint64_t buffer_base;  /* block of BUFFER_SIZE that they must lie in */
    bool buffer_started, buffer_failed;
    uint8_t buffer[BUFFER_SIZE];
    uint8_t buffer_mask[BUFFER_SIZE]; /* bytes that were written */
} PflashCfi01;

/* ---- the query table ---------------------------------------------------- */

static uint8_t cfi_byte(unsigned index)
{
    static const uint8_t table[] = {
        [0x10] = 'Q', 'R', 'Y',
        [0x13] = 0x01, 0x00, /* Intel's command set */
        [0x15] = 0x31, 0x00, /* the extended table is at 0x31 */
        [0x1b] = 0x45, 0x55, /* supply: 4.5 to 5.5 V */
        [0x1f] = 0x07, 0x07, 0x0a, 0x00, /* typical times, powers of 2 */
        [0x23] = 0x04, 0x04, 0x04, 0x00, /* and their maxima */
        [0x27] = 24,         /* a chip: 1 << 24 bytes */
        [0x28] = 0x02, 0x00, /* 8 and 16 bits wide */
        [0x2a] = 11, 0x00,   /* write buffer: 1 << 11 bytes */
        [0x2c] = 1,          /* one region of blocks: how many, less one */
        [0x2d] = (N_BLOCKS - 1) & 0xff, (N_BLOCKS - 1) >> 8,
        [0x2f] = (BLOCK_SIZE / N_CHIPS >> 8) & 0xff, /* their size */
        [0x30] = BLOCK_SIZE / N_CHIPS >> 16,
        [0x31] = 'P', 'R', 'I', '1', '0',
        [0x3f] = 1, /* fields about protection */
    };

    return index < sizeof(table) ? table[index] : 0;
}

/* The same from both chips. */
static uint32_t both(uint16_t value)
{
    return value | (uint32_t)value << 16;
}

static uint32_t id_word(unsigned index)
{
    static const uint16_t ids[] = { 0x89, 0x18, 0 };

    return both(index % 256 < G_N_ELEMENTS(ids) ? ids[index % 256] : 0);
}

static MemTxResult flash_read(void *opaque, hwaddr offset, unsigned size,
                              uint64_t *ret_value, MemTxAttrs attrs)
{
    PflashCfi01 *s = opaque;
    unsigned index = offset / BUS_WIDTH;
    const uint8_t *array = memory_region_get_ram_ptr(&s->mmio);
    uint32_t word;

    GLOBAL_STATE_CODE();
    switch (s->command) {
    case CMD_READ_ARRAY:
        *ret_value = 0;
        memcpy(ret_value, array + offset, size);
        return MEMTX_OK;
    case CMD_READ_ID:
        word = id_word(index);
        break;
    case CMD_CFI_QUERY:
        word = both(cfi_byte(index % 256));
        break;
    default:
        word = both(s->status);
        break;
    }
    *ret_value = word >> 8 * (offset % BUS_WIDTH);
    if (size < 4) {
        *ret_value &= (1u << 8 * size) - 1;
    }
    return MEMTX_OK;
}

/* ---- writing ------------------------------------------------------------ */

static GS_FN void set_command(PflashCfi01 *s, uint8_t command)
{
    s->command = command;
    s->cycle = 0;
    memory_region_rom_device_set_romd(&s->mmio, command == CMD_READ_ARRAY);
}

/* To the array and the image; false: the image could not be written. */
static GS_FN bool store(PflashCfi01 *s, hwaddr offset, const uint8_t *data,
                        size_t len)
{
    uint8_t *array = memory_region_get_ram_ptr(&s->mmio);

    if (s->read_only) {
        return false;
    }
    ram_copy_to_guest(array + offset, data, len);
    ram_block_set_dirty(s->mmio.ram_block, offset, len);
    return !s->blk || blk_pwrite(s->blk, offset, len, data, 0) >= 0;
}

static GS_FN void program(PflashCfi01 *s, hwaddr offset, unsigned size,
                          uint64_t value)
{
    uint8_t bytes[8];

    memcpy(bytes, &value, sizeof(bytes));
    if (!store(s, offset, bytes, size)) {
        s->status |= STATUS_PROGRAM_ERROR;
    }
    s->status |= STATUS_READY;
}

static GS_FN void erase(PflashCfi01 *s, hwaddr offset)
{
    uint8_t *ones = g_malloc(BLOCK_SIZE);

    memset(ones, 0xff, BLOCK_SIZE);
    if (!store(s, offset & ~(hwaddr)(BLOCK_SIZE - 1), ones, BLOCK_SIZE)) {
        s->status |= STATUS_ERASE_ERROR;
    }
    s->status |= STATUS_READY;
    g_free(ones);
}

static void begin_buffer(PflashCfi01 *s, uint64_t value)
{
    s->buffer_left = (value & 0xffff) + 1;
    s->buffer_started = false;
    s->buffer_failed = s->buffer_left > BUFFER_SIZE / BUS_WIDTH;
    memset(s->buffer_mask, 0, sizeof(s->buffer_mask));
}

static void fill_buffer(PflashCfi01 *s, hwaddr offset, unsigned size,
                        uint64_t value)
{
    hwaddr base = offset & ~(hwaddr)(BUFFER_SIZE - 1);

    if (!s->buffer_started) {
        s->buffer_base = base;
        s->buffer_started = true;
    }
    if (base != s->buffer_base || offset - base + size > BUFFER_SIZE) {
        s->buffer_failed = true;
    } else {
        memcpy(s->buffer + (offset - base), &value, size);
        memset(s->buffer_mask + (offset - base), 1, size);
    }
    s->buffer_left--;
}

/* Runs of bytes that were written. */
static GS_FN void flush_buffer(PflashCfi01 *s)
{
    size_t start = 0;

    while (!s->buffer_failed && start < BUFFER_SIZE) {
        const uint8_t *first = memchr(s->buffer_mask + start, 1,
                                      BUFFER_SIZE - start);
        const uint8_t *end;
        size_t len;

        if (!first) {
            break;
        }
        start = first - s->buffer_mask;
        end = memchr(first, 0, BUFFER_SIZE - start);
        len = end ? (size_t)(end - first) : BUFFER_SIZE - start;
        if (!store(s, s->buffer_base + start, s->buffer + start, len)) {
            s->buffer_failed = true;
        }
        start += len;
    }
    s->status |= STATUS_READY | (s->buffer_failed ? STATUS_PROGRAM_ERROR : 0);
}

static GS_FN void first_write(PflashCfi01 *s, hwaddr offset, uint8_t command)
{
    switch (command) {
    case CMD_PROGRAM_ALT:
        command = CMD_PROGRAM;
        /* fall through */
    case CMD_PROGRAM:
    case CMD_ERASE:
    case CMD_LOCK:
    case CMD_BUFFER:
        set_command(s, command);
        s->status |= STATUS_READY;
        s->cycle = 1;
        break;
    case CMD_CLEAR_STATUS:
        s->status = STATUS_READY;
        set_command(s, CMD_READ_ARRAY);
        break;
    case CMD_READ_STATUS:
    case CMD_READ_ID:
    case CMD_CFI_QUERY:
        set_command(s, command);
        break;
    default: /* 0xff, 0xf0 and what nobody knows */
        set_command(s, CMD_READ_ARRAY);
        break;
    }
}

/* Ready again; reads show the status until the next command. */
static void finish_command(PflashCfi01 *s)
{
    s->command = CMD_READ_STATUS;
    s->cycle = 0;
}

static GS_FN void buffer_write(PflashCfi01 *s, hwaddr offset, unsigned size,
                               uint64_t value)
{
    if (s->cycle == 1) {
        begin_buffer(s, value);
        s->cycle = 2;
    } else if (s->buffer_left) {
        fill_buffer(s, offset, size, value);
    } else {
        if ((value & 0xff) == CMD_CONFIRM) {
            flush_buffer(s);
        } else {
            s->status |= STATUS_PROGRAM_ERROR;
        }
        finish_command(s);
    }
}

static MemTxResult flash_write(void *opaque, hwaddr offset, unsigned size,
                               uint64_t value, MemTxAttrs attrs)
{
    PflashCfi01 *s = opaque;
    uint8_t command = value & 0xff;

    GLOBAL_STATE_CODE();
    TRACE(pflash_write, "%s offset 0x%" G_GINT64_MODIFIER "x value 0x%"
          G_GINT64_MODIFIER "x", s->name, offset, value);
    if (s->cycle == 0) {
        first_write(s, offset, command);
        return MEMTX_OK;
    }
    switch (s->command) {
    case CMD_PROGRAM:
        program(s, offset, size, value);
        finish_command(s);
        break;
    case CMD_ERASE:
        if (command == CMD_CONFIRM) {
            erase(s, offset);
        } else {
            s->status |= STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR;
        }
        finish_command(s);
        break;
    case CMD_BUFFER:
        buffer_write(s, offset, size, value);
        break;
    default: /* CMD_LOCK: blocks are never locked */
        if (command == CMD_READ_ARRAY) {
            set_command(s, CMD_READ_ARRAY);
        } else {
            finish_command(s);
        }
        break;
    }
    return MEMTX_OK;
}

static const MemoryRegionOps flash_ops = {
    .read = flash_read,
    .write = flash_write,
    .min_access_size = 1,
    .max_access_size = 8,
    .min_impl_size = 1,
    .max_impl_size = 4,
};

/* ---- life --------------------------------------------------------------- */

static GS_FN bool read_image(PflashCfi01 *s, GError **error)
{
    int64_t length = blk_getlength(s->blk);
    uint8_t *array = memory_region_get_ram_ptr(&s->mmio);
    uint64_t perm = BLK_PERM_CONSISTENT_READ;
    int ret;

    if (length != BANK_SIZE) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "drive '%s' has %" G_GINT64_FORMAT " bytes; a flash bank "
                    "needs %d", drive_name(s->blk), length, BANK_SIZE);
        return false;
    }
    if (!blk_attach_dev(s->blk, s->name, error)) {
        return false;
    }
    s->attached = true;
    s->read_only = !blk_supports_write_perm(s->blk);
    if (!s->read_only) {
        perm |= BLK_PERM_WRITE;
    }
    if (!blk_set_perm(s->blk, perm, BLK_PERM_ALL, error)) {
        return false;
    }
    ret = blk_pread(s->blk, 0, BANK_SIZE, array, 0);
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "cannot read drive '%s': %s", drive_name(s->blk),
                    g_strerror(-ret));
        return false;
    }
    return true;
}

static void flash_unrealize(DeviceState *dev)
{
    PflashCfi01 *s = (PflashCfi01 *)dev;

    GLOBAL_STATE_CODE();
    if (s->attached) {
        blk_detach_dev(s->blk);
    }
}

static bool flash_realize(DeviceState *dev, GError **error)
{
    PflashCfi01 *s = (PflashCfi01 *)dev;

    GLOBAL_STATE_CODE();
    if (!memory_region_init_rom_device(&s->mmio, &flash_ops, s, s->name,
                                       BANK_SIZE, error)) {
        return false;
    }
    device_add_mmio(dev, &s->mmio);
    s->command = CMD_READ_ARRAY;
    s->status = STATUS_READY;
    /* Without an image it is full of zeros and costs no memory. */
    if (s->blk && !read_image(s, error)) {
        flash_unrealize(dev);
        return false;
    }
    return true;
}

static void flash_reset(DeviceState *dev)
{
    PflashCfi01 *s = (PflashCfi01 *)dev;

    GLOBAL_STATE_CODE();
    set_command(s, CMD_READ_ARRAY);
    s->status = STATUS_READY;
    s->buffer_left = 0;
    s->buffer_base = 0; /* a state that was refused may have left anything */
    s->buffer_started = s->buffer_failed = false;
}

static bool flash_post_load(void *opaque, int version, GError **error)
{
    PflashCfi01 *s = opaque;

    GLOBAL_STATE_CODE();
    if (s->buffer_left > BUFFER_SIZE ||
        (s->buffer_base & (BUFFER_SIZE - 1)) || s->buffer_base >= BANK_SIZE) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "pflash_cfi01: buffer of %u words at 0x%" G_GINT64_MODIFIER
                    "x", s->buffer_left, s->buffer_base);
        return false;
    }
    memory_region_rom_device_set_romd(&s->mmio,
                                      s->command == CMD_READ_ARRAY);
    return true;
}

static const VMStateField flash_fields[] = {
    VMSTATE_UINT8(command, PflashCfi01),
    VMSTATE_UINT8(cycle, PflashCfi01),
    VMSTATE_UINT8(status, PflashCfi01),
    VMSTATE_UINT32(buffer_left, PflashCfi01),
    VMSTATE_UINT64(buffer_base, PflashCfi01),
    VMSTATE_BOOL(buffer_started, PflashCfi01),
    VMSTATE_BOOL(buffer_failed, PflashCfi01),
    VMSTATE_UINT8_ARRAY(buffer, PflashCfi01),
    VMSTATE_UINT8_ARRAY(buffer_mask, PflashCfi01),
    VMSTATE_END
};

static const VMStateDescription flash_vmstate = {
    .name = "pflash_cfi01",
    .version = 1,
    .fields = flash_fields,
    .post_load = flash_post_load,
};

static const DeviceProperty flash_properties[] = {
    { "drive", PROPERTY_DRIVE, offsetof(PflashCfi01, blk), 0, 0, 0, NULL,
      "what it keeps its content in" },
    { "name", PROPERTY_STRING, offsetof(PflashCfi01, name), 0, 0, 0, NULL,
      "of its memory" },
    { NULL }
};

extern const DeviceClass pflash_cfi01_class;
const DeviceClass pflash_cfi01_class = {
    .name = "cfi.pflash01",
    .help = "NOR flash, 32 MiB",
    .instance_size = sizeof(PflashCfi01),
    .properties = flash_properties,
    .realize = flash_realize,
    .unrealize = flash_unrealize,
    .reset = flash_reset,
    .vmstate = &flash_vmstate,
};
