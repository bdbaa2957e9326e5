/* SPDX-License-Identifier: MIT */
#include "file_hash.h"
#include <string.h>
#include <sys/stat.h>

/* Times of files may lag behind the clock by a tick, and some file systems
 * count in seconds. */
#define FRESH_NS (2 * G_GINT64_CONSTANT(1000000000))

struct HfFileHashes {
    GHashTable *known;      /* char* -> HfFileState*, this run */
    GHashTable *remembered; /* char* -> GArray of HfFileState, earlier ones */
    gboolean read_any;
    int64_t started_ns;
};

static int64_t now_ns(void)
{
    return g_get_real_time() * 1000;
}

HfFileHashes *hf_file_hashes_new(void)
{
    HfFileHashes *files = g_new0(HfFileHashes, 1);

    files->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         g_free);
    files->remembered = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    files->started_ns = now_ns();
    return files;
}

void hf_file_hashes_free(HfFileHashes *files)
{
    if (!files) {
        return;
    }
    g_hash_table_unref(files->known);
    g_hash_table_unref(files->remembered);
    g_free(files);
}

void hf_file_hashes_remember(HfFileHashes *files, const char *path,
                             const HfFileState *state)
{
    GArray *states = g_hash_table_lookup(files->remembered, path);

    if (state->fresh) {
        return;
    }
    if (!states) {
        states = g_array_new(FALSE, FALSE, sizeof(HfFileState));
        g_hash_table_insert(files->remembered, g_strdup(path), states);
    }
    g_array_append_val(states, *state);
}

static void look(const char *path, HfFileState *state)
{
    struct stat st;

    memset(state, 0, sizeof(*state));
    if (stat(path, &st) || !S_ISREG(st.st_mode)) {
        return;
    }
    state->size = st.st_size;
    state->inode = st.st_ino;
    state->mtime_ns = st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) +
                      st.st_mtim.tv_nsec;
}

static gboolean recall(HfFileHashes *files, const char *path,
                       HfFileState *state)
{
    GArray *states = g_hash_table_lookup(files->remembered, path);

    for (guint i = 0; states && i < states->len; i++) {
        HfFileState *old = &g_array_index(states, HfFileState, i);

        if (old->size == state->size && old->inode == state->inode &&
            old->mtime_ns == state->mtime_ns) {
            state->hash = old->hash;
            return TRUE;
        }
    }
    return FALSE;
}

static void read_contents(const char *path, HfFileState *state)
{
    g_autofree char *text = NULL;
    HfDigest *digest;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, NULL)) {
        return;
    }
    digest = hf_digest_new();
    hf_digest_add(digest, text, len);
    hf_digest_finish(digest, &state->hash);
    state->fresh = now_ns() - state->mtime_ns < FRESH_NS;
}

const HfFileState *hf_file_hashes_get(HfFileHashes *files, const char *path)
{
    HfFileState *state = g_hash_table_lookup(files->known, path);

    if (state) {
        return state;
    }
    state = g_new(HfFileState, 1);
    look(path, state);
    if (state->inode && !recall(files, path, state)) {
        files->read_any = TRUE;
        read_contents(path, state);
    }
    g_hash_table_insert(files->known, g_strdup(path), state);
    return state;
}

gboolean hf_file_hashes_stable(HfFileHashes *files, const char *path)
{
    const HfFileState *state = hf_file_hashes_get(files, path);

    return state->mtime_ns <= files->started_ns || state->mtime_ns > now_ns();
}

gboolean hf_file_hashes_read_any(const HfFileHashes *files)
{
    return files->read_any;
}
