/* SPDX-License-Identifier: MIT */
/*
 * ns16550.c - 16550A serial port with FIFOs (National Semiconductor PC16550D
 * data sheet).
 *
 * Sending takes no time as long as the chardev takes bytes; when it does not,
 * they wait in the transmit FIFO and THRE stays clear.
 *
 * Thread context: under the BQL.
 */
#include "hw/riscv/ns16550.h"
#include "base/main_loop.h"
#include "hw/chardev/chardev.h"
#include "hw/machine.h"
#include <string.h>

#define FIFO_SIZE 16
#define INPUT_CLOCK_HZ 3686400

enum {
    REG_RBR_THR = 0, /* or divisor latch, low */
    REG_IER = 1,     /* or divisor latch, high */
    REG_IIR_FCR = 2,
    REG_LCR = 3,
    REG_MCR = 4,
    REG_LSR = 5,
    REG_MSR = 6,
    REG_SCR = 7,
};

enum {
    IER_RDI = 1, IER_THRI = 2, IER_RLSI = 4, IER_MSI = 8,
    IIR_NO_INT = 1, IIR_MSI = 0, IIR_THRI = 2, IIR_RDI = 4, IIR_RLSI = 6,
    IIR_CTI = 12, IIR_FIFO = 0xc0,
    FCR_ENABLE = 1, FCR_CLEAR_RX = 2, FCR_CLEAR_TX = 4, FCR_KEPT = 0xc9,
    LCR_DLAB = 0x80,
    MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16,
    LSR_DR = 1, LSR_OE = 2, LSR_BI = 16, LSR_THRE = 32, LSR_TEMT = 64,
    LSR_ERRORS = 0x1e,
    MSR_DELTA = 15, MSR_TERI = 4, MSR_CTS = 16, MSR_DSR = 32, MSR_RI = 64,
    MSR_DCD = 128,
};

typedef struct Ns16550 {
    DeviceState parent;
    MemoryRegion mmio;
    VmIrq irq;
    Chardev *chardev;
    ChardevFrontend frontend;
    AioTimer *timeout_timer; /* bytes below the trigger have waited enough */

    uint16_t divisor;
    uint8_t ier, fcr, lcr, mcr, lsr, msr, scr;
    bool thre_pending;    /* THRE interrupt not yet seen */
    bool timeout_pending; /* character timeout */
    uint8_t rx[FIFO_SIZE], tx[FIFO_SIZE];
    uint8_t rx_count, tx_count;
} Ns16550;

/* ---- interrupts --------------------------------------------------------- */

static unsigned rx_trigger(const Ns16550 *s)
{
    static const uint8_t triggers[] = { 1, 4, 8, 14 };

    return s->fcr & FCR_ENABLE ? triggers[s->fcr >> 6] : 1;
}

/* The highest that is pending and enabled. */
static uint8_t interrupt_id(const Ns16550 *s)
{
    if ((s->ier & IER_RLSI) && (s->lsr & LSR_ERRORS)) {
        return IIR_RLSI;
    }
    if ((s->ier & IER_RDI) && s->timeout_pending) {
        return IIR_CTI;
    }
    if ((s->ier & IER_RDI) && s->rx_count >= rx_trigger(s)) {
        return IIR_RDI;
    }
    if ((s->ier & IER_THRI) && s->thre_pending) {
        return IIR_THRI;
    }
    if ((s->ier & IER_MSI) && (s->msr & MSR_DELTA)) {
        return IIR_MSI;
    }
    return IIR_NO_INT;
}

static void update_irq(Ns16550 *s)
{
    vm_irq_set(&s->irq, interrupt_id(s) != IIR_NO_INT);
}

/* ---- receive ------------------------------------------------------------ */

static GS_FN void arm_timeout(Ns16550 *s)
{
    /* Four characters of ten bits. */
    int64_t ns = INT64_C(40) * 16 * 1000000000 * MAX(s->divisor, 1) /
                 INPUT_CLOCK_HZ;

    if (s->rx_count && (s->fcr & FCR_ENABLE)) {
        aio_timer_mod(s->timeout_timer,
                      vm_clock_get_ns(VM_CLOCK_VIRTUAL) + ns);
    } else {
        aio_timer_cancel(s->timeout_timer);
    }
}

static void rx_timed_out(void *opaque)
{
    Ns16550 *s = opaque;

    GLOBAL_STATE_CODE();
    if (s->rx_count) {
        s->timeout_pending = true;
        update_irq(s);
    }
}

static GS_FN void push_rx(Ns16550 *s, const uint8_t *data, size_t len)
{
    size_t room = s->fcr & FCR_ENABLE ? FIFO_SIZE : 1;

    for (size_t i = 0; i < len; i++) {
        if (s->rx_count >= room) {
            s->lsr |= LSR_OE;
            break;
        }
        s->rx[s->rx_count++] = data[i];
    }
    if (s->rx_count) {
        s->lsr |= LSR_DR;
    }
    arm_timeout(s);
    update_irq(s);
}

static size_t can_receive(void *opaque)
{
    Ns16550 *s = opaque;

    /* In loopback the input pin leads nowhere: what comes waits outside. */
    if (s->mcr & MCR_LOOP) {
        return 0;
    }
    return (s->fcr & FCR_ENABLE ? FIFO_SIZE : 1) - MIN(s->rx_count,
            s->fcr & FCR_ENABLE ? FIFO_SIZE : 1);
}

static void receive(void *opaque, const uint8_t *data, size_t len)
{
    GLOBAL_STATE_CODE();
    push_rx(opaque, data, len);
}

static void receive_event(void *opaque, ChardevEvent event)
{
    Ns16550 *s = opaque;
    uint8_t zero = 0;

    GLOBAL_STATE_CODE();
    if (event == CHARDEV_EVENT_BREAK) {
        s->lsr |= LSR_BI;
        push_rx(s, &zero, 1);
    }
}

static GS_FN uint8_t pop_rx(Ns16550 *s)
{
    uint8_t value = s->rx[0];

    if (!s->rx_count) {
        return 0;
    }
    memmove(s->rx, s->rx + 1, --s->rx_count);
    s->timeout_pending = false;
    if (!s->rx_count) {
        s->lsr &= ~LSR_DR;
    }
    arm_timeout(s);
    update_irq(s);
    if (s->chardev) {
        chardev_accept_input(s->chardev);
    }
    return value;
}

/* ---- transmit ----------------------------------------------------------- */

static void send_waiting(void *opaque)
{
    Ns16550 *s = opaque;
    size_t n = s->tx_count;

    GLOBAL_STATE_CODE();
    if (s->chardev && chardev_is_open(s->chardev)) {
        n = chardev_write(s->chardev, s->tx, s->tx_count);
    }
    memmove(s->tx, s->tx + n, s->tx_count - n);
    s->tx_count -= n;
    if (s->tx_count) {
        s->lsr &= ~(LSR_THRE | LSR_TEMT);
        chardev_when_writable(s->chardev, send_waiting, s);
        return;
    }
    s->lsr |= LSR_THRE | LSR_TEMT;
    s->thre_pending = true;
    update_irq(s);
}

static GS_FN void write_thr(Ns16550 *s, uint8_t value)
{
    bool waiting = s->tx_count > 0;

    s->thre_pending = false;
    if (s->mcr & MCR_LOOP) {
        push_rx(s, &value, 1);
        s->thre_pending = true;
        update_irq(s);
        return;
    }
    if (s->tx_count >= (s->fcr & FCR_ENABLE ? FIFO_SIZE : 1)) {
        /* The driver did not look at THRE: the last byte is lost. */
        s->tx[s->tx_count - 1] = value;
        return;
    }
    s->tx[s->tx_count++] = value;
    if (!waiting) {
        send_waiting(s);
    } else {
        update_irq(s);
    }
}

void ns16550_console_write(DeviceState *dev, const void *data, size_t len)
{
    Ns16550 *s = (Ns16550 *)dev;

    GLOBAL_STATE_CODE();
    if (s->chardev) {
        chardev_write_all(s->chardev, data, len);
    }
}

size_t ns16550_console_read(DeviceState *dev, void *data, size_t len)
{
    Ns16550 *s = (Ns16550 *)dev;
    uint8_t *p = data;
    size_t n = 0;

    GLOBAL_STATE_CODE();
    while (n < len && s->rx_count) {
        p[n++] = pop_rx(s);
    }
    return n;
}

/* ---- registers ---------------------------------------------------------- */

/* Modem status: the other end is always ready; in loopback our own lines. */
static GS_FN void update_modem(Ns16550 *s)
{
    uint8_t lines = MSR_CTS | MSR_DSR | MSR_DCD, changed;

    if (s->mcr & MCR_LOOP) {
        lines = (s->mcr & MCR_RTS ? MSR_CTS : 0) |
                (s->mcr & MCR_DTR ? MSR_DSR : 0) |
                (s->mcr & MCR_OUT1 ? MSR_RI : 0) |
                (s->mcr & MCR_OUT2 ? MSR_DCD : 0);
    }
    changed = (lines ^ s->msr) >> 4;
    /* The ring indicator counts when it ends. */
    if (lines & MSR_RI) {
        changed &= ~MSR_TERI;
    }
    s->msr = lines | (s->msr & MSR_DELTA) | changed;
    update_irq(s);
}

static GS_FN void write_fcr(Ns16550 *s, uint8_t value)
{
    bool toggled = (value ^ s->fcr) & FCR_ENABLE;

    if (toggled || (value & FCR_CLEAR_RX)) {
        s->rx_count = 0;
        s->timeout_pending = false;
        s->lsr &= ~(LSR_DR | LSR_BI);
        arm_timeout(s);
    }
    if (toggled || (value & FCR_CLEAR_TX)) {
        s->tx_count = 0;
        s->lsr |= LSR_THRE | LSR_TEMT;
        s->thre_pending = true;
    }
    /* Without FIFOs the other bits cannot be set. */
    s->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0;
    update_irq(s);
    if (s->chardev) {
        chardev_accept_input(s->chardev);
    }
}

static GS_FN uint8_t read_iir(Ns16550 *s)
{
    uint8_t id = interrupt_id(s);

    if (id == IIR_THRI) {
        s->thre_pending = false;
        update_irq(s);
    }
    return id | (s->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

static GS_FN uint8_t read_register(Ns16550 *s, hwaddr reg)
{
    bool dlab = s->lcr & LCR_DLAB;
    uint8_t value = 0;

    switch (reg) {
    case REG_RBR_THR:
        return dlab ? s->divisor & 0xff : pop_rx(s);
    case REG_IER:
        return dlab ? s->divisor >> 8 : s->ier;
    case REG_IIR_FCR:
        return read_iir(s);
    case REG_LCR:
        return s->lcr;
    case REG_MCR:
        return s->mcr;
    case REG_LSR:
        value = s->lsr;
        s->lsr &= ~LSR_ERRORS;
        break;
    case REG_MSR:
        value = s->msr;
        s->msr &= ~MSR_DELTA;
        break;
    case REG_SCR:
        return s->scr;
    }
    update_irq(s);
    return value;
}

static GS_FN void write_ier(Ns16550 *s, uint8_t value)
{
    /* Enabling it while the transmitter is empty interrupts at once. */
    if ((value & ~s->ier & IER_THRI) && (s->lsr & LSR_THRE)) {
        s->thre_pending = true;
    }
    s->ier = value & 15;
    update_irq(s);
}

static GS_FN void write_register(Ns16550 *s, hwaddr reg, uint8_t value)
{
    bool dlab = s->lcr & LCR_DLAB;

    switch (reg) {
    case REG_RBR_THR:
        if (dlab) {
            s->divisor = (s->divisor & 0xff00) | value;
        } else {
            write_thr(s, value);
        }
        break;
    case REG_IER:
        if (dlab) {
            s->divisor = (s->divisor & 0xff) | value << 8;
        } else {
            write_ier(s, value);
        }
        break;
    case REG_IIR_FCR:
        write_fcr(s, value);
        break;
    case REG_LCR:
        s->lcr = value;
        break;
    case REG_MCR:
        s->mcr = value & 31;
        update_modem(s);
        if (s->chardev) {
            chardev_accept_input(s->chardev);
        }
        break;
    case REG_SCR:
        s->scr = value;
        break;
    }
}

static MemTxResult ns16550_read(void *opaque, hwaddr offset, unsigned size,
                                uint64_t *ret_value, MemTxAttrs attrs)
{
    GLOBAL_STATE_CODE();
    *ret_value = read_register(opaque, offset);
    return MEMTX_OK;
}

static MemTxResult ns16550_write(void *opaque, hwaddr offset, unsigned size,
                                 uint64_t value, MemTxAttrs attrs)
{
    GLOBAL_STATE_CODE();
    write_register(opaque, offset, value);
    return MEMTX_OK;
}

/* An access of more bytes is one of its first register. */
static const MemoryRegionOps ns16550_ops = {
    .read = ns16550_read,
    .write = ns16550_write,
    .min_access_size = 1,
    .max_access_size = 8,
    .unaligned = true,
};

/* ---- life --------------------------------------------------------------- */

static bool ns16550_realize(DeviceState *dev, GError **error)
{
    Ns16550 *s = (Ns16550 *)dev;

    GLOBAL_STATE_CODE();
    s->frontend = (ChardevFrontend){ can_receive, receive, receive_event, s };
    if (s->chardev && !chardev_attach(s->chardev, &s->frontend, error)) {
        return false;
    }
    s->timeout_timer = aio_timer_new(main_loop_context(), VM_CLOCK_VIRTUAL,
                                     rx_timed_out, s);
    memory_region_init_io(&s->mmio, &ns16550_ops, s, "serial", 8);
    device_add_mmio(dev, &s->mmio);
    device_add_irq(dev, &s->irq);
    return true;
}

static void ns16550_unrealize(DeviceState *dev)
{
    Ns16550 *s = (Ns16550 *)dev;

    GLOBAL_STATE_CODE();
    if (s->chardev) {
        chardev_detach_frontend(s->chardev, &s->frontend);
    }
    aio_timer_delete(s->timeout_timer);
}

static void ns16550_reset(DeviceState *dev)
{
    Ns16550 *s = (Ns16550 *)dev;

    GLOBAL_STATE_CODE();
    s->divisor = 12;
    s->ier = s->fcr = s->lcr = s->scr = 0;
    s->mcr = MCR_OUT2;
    s->lsr = LSR_THRE | LSR_TEMT;
    s->msr = MSR_CTS | MSR_DSR | MSR_DCD;
    s->thre_pending = s->timeout_pending = false;
    s->rx_count = s->tx_count = 0;
    aio_timer_cancel(s->timeout_timer);
    vm_irq_set(&s->irq, 0);
    if (s->chardev) {
        chardev_accept_input(s->chardev);
    }
}

static bool ns16550_post_load(void *opaque, int version, GError **error)
{
    Ns16550 *s = opaque;

    GLOBAL_STATE_CODE();
    if (s->rx_count > FIFO_SIZE || s->tx_count > FIFO_SIZE) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "ns16550: more than %d bytes in a FIFO", FIFO_SIZE);
        return false;
    }
    arm_timeout(s);
    if (s->tx_count) {
        send_waiting(s);
    }
    update_irq(s);
    return true;
}

static const VMStateField ns16550_fields[] = {
    VMSTATE_UINT16(divisor, Ns16550),
    VMSTATE_UINT8(ier, Ns16550),
    VMSTATE_UINT8(fcr, Ns16550),
    VMSTATE_UINT8(lcr, Ns16550),
    VMSTATE_UINT8(mcr, Ns16550),
    VMSTATE_UINT8(lsr, Ns16550),
    VMSTATE_UINT8(msr, Ns16550),
    VMSTATE_UINT8(scr, Ns16550),
    VMSTATE_BOOL(thre_pending, Ns16550),
    VMSTATE_BOOL(timeout_pending, Ns16550),
    VMSTATE_UINT8_ARRAY(rx, Ns16550),
    VMSTATE_UINT8_ARRAY(tx, Ns16550),
    VMSTATE_UINT8(rx_count, Ns16550),
    VMSTATE_UINT8(tx_count, Ns16550),
    VMSTATE_END
};

static const VMStateDescription ns16550_vmstate = {
    .name = "ns16550",
    .version = 1,
    .fields = ns16550_fields,
    .post_load = ns16550_post_load,
};

static const DeviceProperty ns16550_properties[] = {
    { "chardev", PROPERTY_CHARDEV, offsetof(Ns16550, chardev), 0, 0, 0, NULL,
      "what it sends to and receives from" },
    { NULL }
};

extern const DeviceClass ns16550_class;
const DeviceClass ns16550_class = {
    .name = "serial-mm",
    .help = "16550A serial port",
    .instance_size = sizeof(Ns16550),
    .properties = ns16550_properties,
    .realize = ns16550_realize,
    .unrealize = ns16550_unrealize,
    .reset = ns16550_reset,
    .vmstate = &ns16550_vmstate,
};
