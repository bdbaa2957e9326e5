/* SPDX-License-Identifier: MIT */
/*
 * announce.c - see announce.h.
 *
 * Thread context: under the BQL; the timers in the main loop.
 */
#include "hw/net/announce.h"
#include "base/main_loop.h"
#include "hw/net/net_int.h"
#include <string.h>

#define MAC_SIZE 6
#define FRAME_SIZE 60

typedef struct Announce {
    char *id;
    AnnounceParameters p;
    int64_t round;
    char **interfaces; /* NULL: all */
    AioTimer *timer;
} Announce;

static GPtrArray *announces GUARDED_BY(bql); /* of Announce* */

/* Ethernet, then RFC 903: a reverse request for its own address. */
void netdev_announce(NetClient *n)
{
    const NetFrontend *f = n->frontend;
    uint8_t frame[FRAME_SIZE] = { [12] = 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3 };
    struct iovec iov = { frame, sizeof(frame) };

    GLOBAL_STATE_CODE();
    if (!f || !f->mac || !n->link_up) {
        return;
    }
    memset(frame, 0xff, MAC_SIZE);
    memcpy(frame + 6, f->mac, MAC_SIZE);
    memcpy(frame + 22, f->mac, MAC_SIZE);
    memcpy(frame + 32, f->mac, MAC_SIZE);
    n->klass->send(n, &iov, 1);
}

static void announce_free(gpointer data)
{
    Announce *a = data;

    aio_timer_delete(a->timer);
    g_strfreev(a->interfaces);
    g_free(a->id);
    g_free(a);
}

static void announce_one(NetClient *n, void *opaque)
{
    const Announce *a = opaque;

    GLOBAL_STATE_CODE();
    if (!a->interfaces ||
        g_strv_contains((const char *const *)a->interfaces, netdev_id(n))) {
        netdev_announce(n);
    }
}

static void announce_round(void *opaque)
{
    Announce *a = opaque;
    int64_t wait;

    GLOBAL_STATE_CODE();
    if (a->round >= a->p.rounds) {
        g_ptr_array_remove(announces, a);
        return;
    }
    netdev_foreach(announce_one, a);
    wait = MIN(a->p.initial_ms + a->round * a->p.step_ms, a->p.max_ms);
    a->round++;
    aio_timer_mod(a->timer, vm_clock_get_ns(VM_CLOCK_REALTIME) +
                                wait * 1000000);
}

void net_announce_start(const char *id, const AnnounceParameters *p,
                        const char *const *interfaces)
{
    Announce *a;

    GLOBAL_STATE_CODE();
    if (!announces) {
        announces = g_ptr_array_new_with_free_func(announce_free);
    }
    for (guint i = announces->len; i-- > 0;) {
        a = g_ptr_array_index(announces, i);
        if (!strcmp(a->id, id)) {
            g_ptr_array_remove_index(announces, i);
        }
    }
    a = g_new0(Announce, 1);
    a->id = g_strdup(id);
    a->p = *p;
    a->interfaces = g_strdupv((char **)interfaces);
    a->timer = aio_timer_new(main_loop_context(), VM_CLOCK_REALTIME,
                             announce_round, a);
    g_ptr_array_add(announces, a);
    announce_round(a);
}

void net_announce_free_all(void)
{
    GLOBAL_STATE_CODE();
    g_clear_pointer(&announces, g_ptr_array_unref);
}
