/* SPDX-License-Identifier: MIT */
/*
 * qcow2_snapshot.c - the table of snapshots inside the image.  It is read, so
 * that their clusters are counted and they can be listed, and left as it is;
 * making and deleting snapshots would be added here.
 *
 * An entry of the table:
 *
 *     byte  size  field
 *        0     8  l1_table_offset
 *        8     4  l1_size, entries
 *       12     2  length of the id
 *       14     2  length of the name
 *       16     4  date, seconds
 *       20     4  date, nanoseconds
 *       24     8  guest's clock, nanoseconds
 *       32     4  size of the VM state (version 2)
 *       36     4  length of the extra data
 *       40     -  extra data: size of the VM state (8), size of the disk (8),
 *                 instruction count (8); then id, name, padding to 8
 *
 * Thread context: coroutines, while the image is opened.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FIXED_BYTES 40

static void clear_snapshot(gpointer data)
{
    Qcow2Snapshot *sn = data;

    g_free(sn->id);
    g_free(sn->name);
}

void qcow2_snapshots_free(GArray *snapshots)
{
    if (snapshots) {
        g_array_free(snapshots, TRUE);
    }
}

static bool check_snapshot(BDRVQcow2State *s, const Qcow2Snapshot *sn,
                           uint32_t i, uint32_t extra, GError **error)
{
    const char *field = NULL;

    if (sn->l1_size > QCOW2_MAX_L1_BYTES / 8) {
        field = "l1_size is too large";
    } else if (sn->l1_table_offset & (uint64_t)(s->cluster_size - 1)) {
        field = "l1_table_offset is not aligned to a cluster";
    } else if (sn->l1_table_offset > INT64_MAX - QCOW2_MAX_L1_BYTES) {
        field = "l1_table_offset is too large";
    } else if (extra > QCOW2_MAX_SNAPSHOT_EXTRA) {
        field = "the extra data is too long";
    }
    if (field) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: snapshot table entry %" PRIu32 ": %s", s->name, i,
                    field);
    }
    return !field;
}

/* One entry, at *at; moves it behind. */
static int coroutine_fn GRAPH_RDLOCK load_one(BDRVQcow2State *s, int64_t *at,
                                              uint32_t i, GError **error)
    REQUIRES(&s->lock)
{
    uint8_t fixed[FIXED_BYTES];
    g_autofree uint8_t *rest = NULL;
    uint32_t extra, id_length, name_length;
    Qcow2Snapshot sn = { 0 };
    int ret = bdrv_co_pread(s->bs->file, *at, sizeof fixed, fixed, 0);

    if (ret < 0) {
        return ret;
    }
    sn.l1_table_offset = qcow2_be64(fixed);
    sn.l1_size = qcow2_be32(fixed + 8);
    id_length = qcow2_be16(fixed + 12);
    name_length = qcow2_be16(fixed + 14);
    sn.date_sec = qcow2_be32(fixed + 16);
    sn.date_nsec = qcow2_be32(fixed + 20);
    sn.vm_clock_ns = qcow2_be64(fixed + 24);
    sn.vm_state_size = qcow2_be32(fixed + 32);
    extra = qcow2_be32(fixed + 36);
    sn.disk_size = s->header.size;
    if (!check_snapshot(s, &sn, i, extra, error)) {
        return -EINVAL;
    }
    rest = g_malloc(extra + id_length + name_length + 1);
    ret = bdrv_co_pread(s->bs->file, *at + FIXED_BYTES,
                        extra + id_length + name_length, rest, 0);
    if (ret < 0) {
        return ret;
    }
    if (extra >= 8) {
        sn.vm_state_size = qcow2_be64(rest);
    }
    if (extra >= 16) {
        sn.disk_size = qcow2_be64(rest + 8);
    }
    sn.id = g_strndup((char *)rest + extra, id_length);
    sn.name = g_strndup((char *)rest + extra + id_length, name_length);
    g_array_append_val(s->snapshots, sn);
    *at += (FIXED_BYTES + (int64_t)extra + id_length + name_length + 7) & ~7;
    return 0;
}

int qcow2_snapshots_load(BDRVQcow2State *s, GError **error)
{
    int64_t start = (int64_t)s->header.snapshots_offset, at = start;

    if (!s->header.nb_snapshots) {
        return 0;
    }
    s->snapshots = g_array_new(FALSE, FALSE, sizeof(Qcow2Snapshot));
    g_array_set_clear_func(s->snapshots, clear_snapshot);
    for (uint32_t i = 0; i < s->header.nb_snapshots; i++) {
        int ret = load_one(s, &at, i, error);

        if (ret >= 0 && at - start > QCOW2_MAX_SNAPSHOT_TABLE_BYTES) {
            ret = -EFBIG;
        }
        if (ret < 0) {
            if (error && !*error) {
                g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: snapshot "
                            "table: %s", s->name, g_strerror(-ret));
            }
            return ret;
        }
    }
    s->snapshot_table_bytes = at - start;
    return 0;
}
