/* SPDX-License-Identifier: MIT */
/*
 * goldfish_rtc.c - the time of day, in nanoseconds since 1970, and an alarm
 * (Android goldfish RTC).
 *
 * Reading TIME_LOW takes the time, TIME_HIGH then gives the rest of it;
 * writing is the other way round: the high half first, the low one takes
 * effect.  The alarm is the same.
 *
 * The time is that of a clock plus an offset: the host's clock, or with
 * rtc clock=vm the virtual one.
 *
 * Thread context: under the BQL.
 */
#include "base/main_loop.h"
#include "hw/machine.h"

enum {
    RTC_TIME_LOW = 0x00,
    RTC_TIME_HIGH = 0x04,
    RTC_ALARM_LOW = 0x08,
    RTC_ALARM_HIGH = 0x0c,
    RTC_IRQ_ENABLED = 0x10,
    RTC_CLEAR_ALARM = 0x14,
    RTC_ALARM_STATUS = 0x18,
    RTC_CLEAR_INTERRUPT = 0x1c,
};

typedef struct GoldfishRtc {
    DeviceState parent;
    MemoryRegion mmio;
    VmIrq irq;
    AioTimer *timer;
    VmClock clock;

    uint64_t offset; /* time of day minus clock */
    uint64_t saved_time; /* time of day at save: clocks differ elsewhere */
    uint64_t alarm_next;
    uint32_t alarm_high; /* written, waits for the low half */
    uint32_t time_high;  /* as of the last read of the low half */
    bool alarm_running, irq_pending, irq_enabled;
} GoldfishRtc;

static uint64_t rtc_now(GoldfishRtc *s)
{
    return (uint64_t)vm_clock_get_ns(s->clock) + s->offset;
}

static void update_irq(GoldfishRtc *s)
{
    vm_irq_set(&s->irq, s->irq_pending && s->irq_enabled);
}

static GS_FN void arm_alarm(GoldfishRtc *s)
{
    uint64_t due = s->alarm_next - s->offset;

    if (!s->alarm_running) {
        aio_timer_cancel(s->timer);
    } else if (s->alarm_next <= rtc_now(s)) {
        /* In the past: at once. */
        s->alarm_running = false;
        s->irq_pending = true;
        aio_timer_cancel(s->timer);
        update_irq(s);
    } else if (due <= INT64_MAX) {
        aio_timer_mod(s->timer, due);
    }
}

static void alarm_expired(void *opaque)
{
    GLOBAL_STATE_CODE();
    arm_alarm(opaque);
}

static MemTxResult rtc_read(void *opaque, hwaddr offset, unsigned size,
                            uint64_t *ret_value, MemTxAttrs attrs)
{
    GoldfishRtc *s = opaque;
    uint64_t now;

    GLOBAL_STATE_CODE();
    *ret_value = 0;
    switch (offset) {
    case RTC_TIME_LOW:
        now = rtc_now(s);
        s->time_high = now >> 32;
        *ret_value = (uint32_t)now;
        break;
    case RTC_TIME_HIGH:
        *ret_value = s->time_high;
        break;
    case RTC_ALARM_LOW:
        *ret_value = (uint32_t)s->alarm_next;
        break;
    case RTC_ALARM_HIGH:
        *ret_value = s->alarm_next >> 32;
        break;
    case RTC_IRQ_ENABLED:
        *ret_value = s->irq_enabled;
        break;
    case RTC_ALARM_STATUS:
        *ret_value = s->alarm_running;
        break;
    }
    return MEMTX_OK;
}

static MemTxResult rtc_write(void *opaque, hwaddr offset, unsigned size,
                             uint64_t value, MemTxAttrs attrs)
{
    GoldfishRtc *s = opaque;
    uint64_t now = rtc_now(s), time;

    GLOBAL_STATE_CODE();
    switch (offset) {
    case RTC_TIME_LOW:
        time = (now & ~(uint64_t)UINT32_MAX) | value;
        s->offset += time - now;
        arm_alarm(s);
        break;
    case RTC_TIME_HIGH:
        time = value << 32 | (uint32_t)now;
        s->offset += time - now;
        arm_alarm(s);
        break;
    case RTC_ALARM_LOW:
        s->alarm_next = (uint64_t)s->alarm_high << 32 | value;
        s->alarm_running = true;
        arm_alarm(s);
        break;
    case RTC_ALARM_HIGH:
        s->alarm_high = value;
        break;
    case RTC_IRQ_ENABLED:
        s->irq_enabled = value & 1;
        break;
    case RTC_CLEAR_ALARM:
        s->alarm_running = false;
        arm_alarm(s);
        break;
    case RTC_CLEAR_INTERRUPT:
        s->irq_pending = false;
        break;
    }
    update_irq(s);
    return MEMTX_OK;
}

static const MemoryRegionOps rtc_ops = {
    .read = rtc_read,
    .write = rtc_write,
    .min_access_size = 4,
    .max_access_size = 4,
};

/* ---- life --------------------------------------------------------------- */

static bool rtc_realize(DeviceState *dev, GError **error)
{
    GoldfishRtc *s = (GoldfishRtc *)dev;
    const MachineConfig *c = &dev->machine->config;

    GLOBAL_STATE_CODE();
    s->clock = c->rtc_vm_clock ? VM_CLOCK_VIRTUAL : VM_CLOCK_REALTIME;
    s->offset = (uint64_t)g_get_real_time() * 1000 +
                (uint64_t)c->rtc_offset_s * 1000000000 -
                (uint64_t)vm_clock_get_ns(s->clock);
    s->timer = aio_timer_new(main_loop_context(), s->clock, alarm_expired, s);
    memory_region_init_io(&s->mmio, &rtc_ops, s, "goldfish_rtc", 0x24);
    device_add_mmio(dev, &s->mmio);
    device_add_irq(dev, &s->irq);
    return true;
}

static void rtc_unrealize(DeviceState *dev)
{
    GLOBAL_STATE_CODE();
    aio_timer_delete(((GoldfishRtc *)dev)->timer);
}

/* The time goes on. */
static void rtc_reset(DeviceState *dev)
{
    GoldfishRtc *s = (GoldfishRtc *)dev;

    GLOBAL_STATE_CODE();
    s->alarm_next = 0;
    s->alarm_high = 0;
    s->time_high = 0;
    s->alarm_running = s->irq_pending = s->irq_enabled = false;
    arm_alarm(s);
    update_irq(s);
}

static bool rtc_pre_save(void *opaque, GError **error)
{
    GoldfishRtc *s = opaque;

    /* Minus the host's time: with a clock of the host, what passes until the
     * state is loaded counts. */
    s->saved_time = rtc_now(s);
    if (s->clock == VM_CLOCK_REALTIME) {
        s->saved_time -= (uint64_t)g_get_real_time() * 1000;
    }
    return true;
}

static bool rtc_post_load(void *opaque, int version, GError **error)
{
    GoldfishRtc *s = opaque;

    GLOBAL_STATE_CODE();
    s->offset = s->saved_time - (uint64_t)vm_clock_get_ns(s->clock);
    if (s->clock == VM_CLOCK_REALTIME) {
        s->offset += (uint64_t)g_get_real_time() * 1000;
    }
    arm_alarm(s);
    update_irq(s);
    return true;
}

static const VMStateField rtc_fields[] = {
    VMSTATE_UINT64(saved_time, GoldfishRtc),
    VMSTATE_UINT64(alarm_next, GoldfishRtc),
    VMSTATE_UINT32(alarm_high, GoldfishRtc),
    VMSTATE_UINT32(time_high, GoldfishRtc),
    VMSTATE_BOOL(alarm_running, GoldfishRtc),
    VMSTATE_BOOL(irq_pending, GoldfishRtc),
    VMSTATE_BOOL(irq_enabled, GoldfishRtc),
    VMSTATE_END
};

static const VMStateDescription rtc_vmstate = {
    .name = "goldfish_rtc",
    .version = 1,
    .fields = rtc_fields,
    .pre_save = rtc_pre_save,
    .post_load = rtc_post_load,
};

extern const DeviceClass goldfish_rtc_class;
const DeviceClass goldfish_rtc_class = {
    .name = "goldfish_rtc",
    .help = "time of day and alarm",
    .instance_size = sizeof(GoldfishRtc),
    .realize = rtc_realize,
    .unrealize = rtc_unrealize,
    .reset = rtc_reset,
    .vmstate = &rtc_vmstate,
};
