/* SPDX-License-Identifier: MIT */
/*
 * shard_read.c - facts from disk, without copying them: the tables point
 * into the mapping.  The format is described in shard_write.c.
 *
 * A mapping must not change under us; it does not, because writers replace a
 * shard by rename and never write into one.  Files are opened O_NONBLOCK so
 * that a FIFO in the place of a shard is an error, not a wait.
 */
#include "facts/builder.h"
#include "facts/shard.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

G_DEFINE_QUARK(hf_facts_error, hf_facts_error)

G_GNUC_PRINTF(4, 5)
static gboolean refuse(GError **error, HfFactsError code, const char *name,
                       const char *fmt, ...)
{
    g_autofree char *why = NULL;
    va_list args;

    va_start(args, fmt);
    why = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_set_error(error, HF_FACTS_ERROR, code, "%s: %s", name, why);
    return FALSE;
}

/* What can be said from the first bytes and the size of the file. */
static gboolean check_start(const HfShardHeader *h, uint64_t size,
                            const char *name, GError **error)
{
    if (G_BYTE_ORDER != G_LITTLE_ENDIAN)
        return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                      "shards are little-endian, this machine is not");
    /* magic and version first, whatever else another version changed */
    if (size < G_STRUCT_OFFSET(HfShardHeader, header_size) ||
        memcmp(h->magic, HF_SHARD_MAGIC, sizeof(h->magic)) != 0)
        return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                      "not a shard of facts");
    if (h->version != HF_FACTS_VERSION)
        return refuse(error, HF_FACTS_ERROR_VERSION, name,
                      "version %u of the format, expected %u", h->version,
                      HF_FACTS_VERSION);
    if (size < sizeof(*h))
        return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                      "truncated: %" G_GUINT64_FORMAT " bytes, the header "
                      "alone has %zu",
                      size, sizeof(*h));
    if (h->header_size != sizeof(*h) || h->n_sections != HF_SHARD_N_SECTIONS)
        return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                      "header of %u bytes and %u sections, expected %zu "
                      "and %d",
                      h->header_size, h->n_sections, sizeof(*h),
                      HF_SHARD_N_SECTIONS);
    if (h->file_size != size)
        return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                      "%" G_GUINT64_FORMAT
                      " bytes, the header says %" G_GUINT64_FORMAT,
                      size, h->file_size);
    return TRUE;
}

static gboolean check_sum(const HfShardHeader *h, const char *name,
                          GError **error)
{
    const char *bytes = (const char *)h;
    XXH128_canonical_t sum;

    XXH128_canonicalFromHash(
        &sum,
        XXH3_128bits(bytes + HF_SHARD_SUMMED, h->file_size - HF_SHARD_SUMMED));
    if (memcmp(sum.digest, h->checksum, sizeof(h->checksum)) != 0)
        return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                      "checksum does not match: damaged file");
    return TRUE;
}

static gboolean is_zero(const char *bytes, uint64_t from, uint64_t to)
{
    while (from < to)
        if (bytes[from++])
            return FALSE;
    return TRUE;
}

/* Sections have one possible place each: compare with that. */
static gboolean check_sections(const HfShardHeader *h, const HfFacts *facts,
                               const char *name, GError **error)
{
    HfShardHeader expected = { .file_size = 0 };
    uint64_t end = sizeof(*h);

    hf_shard_layout(facts, &expected);
    for (int i = 0; i < HF_SHARD_N_SECTIONS; i++) {
        const HfShardSection *want = &expected.sections[i];
        const HfShardSection *got = &h->sections[i];

        if (memcmp(got->name, want->name, sizeof(got->name)) != 0)
            return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                          "section %d is not '%s'", i, want->name);
        if (got->row_size != want->row_size)
            return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                          "section '%s': rows of %u bytes, expected %u",
                          want->name, got->row_size, want->row_size);
        if (!got->count)
            return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                          "section '%s': row 0 is missing", want->name);
        if (got->offset != want->offset || want->offset > h->file_size ||
            (uint64_t)want->row_size * want->count >
                h->file_size - want->offset)
            return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                          "section '%s': %u rows at offset %" G_GUINT64_FORMAT
                          " do not fit",
                          want->name, got->count, got->offset);
        if (!is_zero((const char *)h, end, want->offset))
            return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                          "section '%s': the gap before it is not zero",
                          want->name);
        end = want->offset + (uint64_t)want->row_size * want->count;
    }
    if (end != h->file_size)
        return refuse(error, HF_FACTS_ERROR_FORMAT, name,
                      "%" G_GUINT64_FORMAT " bytes behind the last section",
                      h->file_size - end);
    return TRUE;
}

static void point_into(HfFacts *f, const HfShardHeader *h)
{
    const char *bytes = (const char *)h;

#define X(member, type, name)                                                \
    f->member =                                                              \
        (const type *)(gconstpointer)(bytes +                                \
                                      h->sections[HF_SHARD_SECTION_##member] \
                                          .offset);
    HF_FACTS_TABLES(X)
#undef X
    f->strings = bytes + h->sections[HF_SHARD_SECTION_strings].offset;
}

/* Takes bytes, whose data is aligned. */
static HfFacts *load(GBytes *bytes, const char *name, gboolean verify_checksum,
                     GError **error)
{
    gsize size = 0;
    const HfShardHeader *h = g_bytes_get_data(bytes, &size);
    HfFactsBacking *backing = g_new0(HfFactsBacking, 1);
    g_autoptr(GBytes) owned = bytes;
    HfFacts *f = g_new0(HfFacts, 1);

    f->backing = backing;
    backing->bytes = g_steal_pointer(&owned);
    if (!check_start(h, size, name, error) ||
        (verify_checksum && !check_sum(h, name, error)))
        goto fail;
    f->status = h->status;
    f->main_file = h->main_file;
    f->output = h->output;
#define X(member, type, name_) \
    f->n_##member = h->sections[HF_SHARD_SECTION_##member].count;
    HF_FACTS_TABLES(X)
#undef X
    f->n_strings = h->sections[HF_SHARD_SECTION_strings].count;
    if (!check_sections(h, f, name, error))
        goto fail;
    point_into(f, h);
    if (!hf_facts_check(f, name, error))
        goto fail;
    return f;

fail:
    hf_facts_free(f);
    return NULL;
}

HfFacts *hf_facts_read_bytes(GBytes *bytes, const char *name,
                             gboolean verify_checksum, GError **error)
{
    gsize size = 0;
    gconstpointer data = g_bytes_get_data(bytes, &size);

    /* Bytes from anywhere may lie anywhere; rows want their alignment. */
    if ((guintptr)data % HF_SHARD_ALIGN)
        bytes = g_bytes_new(data, size);
    else
        g_bytes_ref(bytes);
    return load(bytes, name, verify_checksum, error);
}

HfFacts *hf_facts_read(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    GMappedFile *map;
    g_autoptr(GError) why = NULL;
    GBytes *bytes;

    if (fd < 0) {
        int code = errno;

        refuse(error, HF_FACTS_ERROR_IO, path, "cannot open: %s",
               g_strerror(code));
        return NULL;
    }
    map = g_mapped_file_new_from_fd(fd, FALSE, &why);
    close(fd);
    if (!map) {
        refuse(error, HF_FACTS_ERROR_IO, path, "cannot map: %s", why->message);
        return NULL;
    }
    bytes = g_mapped_file_get_bytes(map);
    g_mapped_file_unref(map);
    return load(bytes, path, TRUE, error);
}

gboolean hf_facts_peek_key(const char *path, uint8_t cache_key[16])
{
    HfShardHeader h;
    struct stat st;
    gboolean ok;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return FALSE;
    /* a regular file gives the whole header at once, or is too short */
    ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
         read(fd, &h, sizeof(h)) == (ssize_t)sizeof(h) &&
         check_start(&h, (uint64_t)st.st_size, path, NULL);
    close(fd);
    if (ok)
        memcpy(cache_key, h.cache_key, sizeof(h.cache_key));
    return ok;
}
