/* SPDX-License-Identifier: MIT */
/*
 * rng_backend.c - see rng_backend.h.
 *
 * Thread context: under the BQL.
 */
#include "hw/virtio/rng_backend.h"
#include "base/error.h"
#include <string.h>

/* id -> number of users, as a pointer */
static GHashTable *backends GUARDED_BY(bql);

static GS_FN bool find(const char *id, unsigned *ret_users)
{
    gpointer users = NULL;
    bool found = backends &&
                 g_hash_table_lookup_extended(backends, id, NULL, &users);

    *ret_users = GPOINTER_TO_UINT(users);
    return found;
}

static GS_FN void set(const char *id, unsigned users)
{
    g_hash_table_replace(backends, g_strdup(id), GUINT_TO_POINTER(users));
}

bool rng_backend_new(const char *id, const char *filename, GError **error)
{
    GLOBAL_STATE_CODE();
    if (filename && strcmp(filename, "/dev/urandom") &&
        strcmp(filename, "/dev/random")) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "rng '%s': unknown filename '%s'; known: /dev/random, "
                    "/dev/urandom", id, filename);
        return false;
    }
    if (!backends) {
        backends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         NULL);
    }
    set(id, 0);
    return true;
}

bool rng_backend_del(const char *id, GError **error)
{
    unsigned users;

    GLOBAL_STATE_CODE();
    if (find(id, &users) && users) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "object '%s' is in use", id);
        return false;
    }
    if (backends) {
        g_hash_table_remove(backends, id);
    }
    return true;
}

bool rng_backend_use(const char *id, GError **error)
{
    unsigned users;

    GLOBAL_STATE_CODE();
    if (!find(id, &users)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'rng': there is no '%s' (it expects the id of "
                    "an object rng-random or rng-builtin)", id);
        return false;
    }
    set(id, users + 1);
    return true;
}

void rng_backend_unuse(const char *id)
{
    unsigned users;

    GLOBAL_STATE_CODE();
    if (find(id, &users) && users) {
        set(id, users - 1);
    }
}

void rng_backends_free(void)
{
    GLOBAL_STATE_CODE();
    g_clear_pointer(&backends, g_hash_table_unref);
}
