/* SPDX-License-Identifier: MIT */
/*
 * shard_write.c - facts to disk.
 *
 * A shard, byte by byte.  All integers are little-endian and unsigned unless
 * facts.h says otherwise.
 *
 *   offset  size  what
 *        0     8  magic: "HFSHARD" 1a
 *        8     4  version, HF_FACTS_VERSION
 *       12     4  size of this header with its section table, 712
 *       16     8  size of the file
 *       24    16  cache key: what the facts were made from; opaque here
 *       40    16  XXH3-128 (seed 0, canonical byte order) of all that follows
 *       56     4  unit: HfUnitStatus
 *       60     4  unit: main file, an index into "files"
 *       64     4  unit: object file, an offset into "strings"
 *       68     4  number of sections, 20
 *       72  n*32  section table, one entry each:
 *                    +0  16  name, zero-padded
 *                   +16   8  offset from the start of the file
 *                   +24   4  size of a row
 *                   +28   4  number of rows
 *      712     -  the sections
 *
 * Sections come in the order of HF_FACTS_TABLES, then "strings" (row size 1,
 * NUL-terminated strings, the first of them empty).  Each starts at the next
 * multiple of 8 behind the one before; the gap is zero.  The file ends with
 * the last section.  Rows are the structs of facts.h, whose members are all
 * naturally aligned without padding:
 *
 *   section    row  members, four bytes each unless noted
 *   files       16  path flags hash(8)
 *   locs        28  file line col macro spell_file spell_line spell_col
 *   records     36  key name loc flags first_field n_fields size first_part
 *                   n_parts
 *   parts       24  record offset size kind flags path
 *   fields      24  record name type type_record type_flags loc
 *   symbols     44  key name kind linkage flags decl_loc def_loc type
 *                   type_record type_flags n_params
 *   annots      20  owner_kind owner text loc flags
 *   paths       24  kind parent ref reserved(0) value(8, signed)
 *   functions   44  symbol loc end_line flags first_local n_locals n_params
 *                   first_block n_blocks first_event n_events
 *   locals      28  name type type_record type_flags flags cleanup loc
 *   blocks      16  first_event n_events first_edge n_edges
 *   edges       12  to cond flags
 *   conds       20  op flags lhs rhs loc
 *   events      32  kind flags loc path value sym first_arg n_args
 *   args         4  path
 *   bindings    16  function field holder loc
 *   comments    12  loc applies_line text
 *   remarks     20  owner_kind owner loc text flags
 *   diags       12  severity loc text
 *   strings      1  byte
 *
 * What the rows promise beyond this is in facts.h, and checked by check.c.
 */
#include "facts/shard.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

static void describe(HfShardHeader *h, int index, const char *name,
                     uint32_t row_size, uint32_t count)
{
    HfShardSection *s = &h->sections[index];

    memset(s->name, 0, sizeof(s->name));
    memcpy(s->name, name, MIN(strlen(name), sizeof(s->name)));
    s->offset = hf_shard_align(h->file_size);
    s->row_size = row_size;
    s->count = count;
    h->file_size = s->offset + (uint64_t)row_size * count;
}

void hf_shard_layout(const HfFacts *facts, HfShardHeader *header)
{
    header->file_size = sizeof(*header);
#define X(member, type, name)                                       \
    describe(header, HF_SHARD_SECTION_##member, name, sizeof(type), \
             facts->n_##member);
    HF_FACTS_TABLES(X)
#undef X
    describe(header, HF_SHARD_SECTION_strings, "strings", 1, facts->n_strings);
}

/* (transfer full) NULL when there is no memory for it. */
static char *serialise(const HfFacts *facts, const uint8_t cache_key[16],
                       gsize *size)
{
    HfShardHeader h = {
        .magic = HF_SHARD_MAGIC,
        .version = HF_FACTS_VERSION,
        .header_size = sizeof(h),
        .status = facts->status,
        .main_file = facts->main_file,
        .output = facts->output,
        .n_sections = HF_SHARD_N_SECTIONS,
    };
    XXH128_canonical_t sum;
    char *bytes;

    memcpy(h.cache_key, cache_key, sizeof(h.cache_key));
    hf_shard_layout(facts, &h);
    bytes = g_try_malloc0(h.file_size);
    if (!bytes)
        return NULL;
    memcpy(bytes, &h, sizeof(h));
#define X(member, type, name)                                    \
    memcpy(bytes + h.sections[HF_SHARD_SECTION_##member].offset, \
           facts->member, sizeof(type) * (gsize)facts->n_##member);
    HF_FACTS_TABLES(X)
#undef X
    memcpy(bytes + h.sections[HF_SHARD_SECTION_strings].offset, facts->strings,
           facts->n_strings);
    XXH128_canonicalFromHash(&sum, XXH3_128bits(bytes + HF_SHARD_SUMMED,
                                                h.file_size - HF_SHARD_SUMMED));
    memcpy(bytes + G_STRUCT_OFFSET(HfShardHeader, checksum), sum.digest,
           sizeof(h.checksum));
    *size = h.file_size;
    return bytes;
}

static gboolean write_all(int fd, const char *bytes, gsize size)
{
    while (size) {
        /* Linux stops at 2 GiB a call anyway; others fail above it */
        ssize_t n = write(fd, bytes, MIN(size, (gsize)1 << 30));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        bytes += n;
        size -= (gsize)n;
    }
    return TRUE;
}

static gboolean replace_file(const char *path, const char *bytes, gsize size,
                             GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);
    /* not made from the name of the shard, which may be as long as a name
     * can get */
    g_autofree char *temp = g_build_filename(dir, ".hfshard-XXXXXX", NULL);
    int fd = g_mkstemp_full(temp, O_WRONLY | O_CLOEXEC, 0666);
    gboolean ok;
    int why;

    if (fd < 0) {
        why = errno;
        g_set_error(error, HF_FACTS_ERROR, HF_FACTS_ERROR_IO,
                    "%s: cannot create a file in '%s': %s", path, dir,
                    g_strerror(why));
        return FALSE;
    }
    ok = write_all(fd, bytes, size);
    why = errno;
    if (close(fd) < 0 && ok) {
        ok = FALSE;
        why = errno;
    }
    if (ok && rename(temp, path) < 0) {
        ok = FALSE;
        why = errno;
    }
    if (!ok) {
        unlink(temp);
        g_set_error(error, HF_FACTS_ERROR, HF_FACTS_ERROR_IO,
                    "%s: cannot write: %s", path, g_strerror(why));
    }
    return ok;
}

gboolean hf_facts_write(const HfFacts *facts, const char *path,
                        const uint8_t cache_key[16], GError **error)
{
    g_autofree char *bytes = NULL;
    gsize size = 0;

    if (G_BYTE_ORDER != G_LITTLE_ENDIAN) {
        g_set_error(error, HF_FACTS_ERROR, HF_FACTS_ERROR_FORMAT,
                    "%s: shards are little-endian, this machine is not", path);
        return FALSE;
    }
    /* Nobody could read it: say so here, where the culprit is at hand. */
    if (!hf_facts_check(facts, path, error))
        return FALSE;
    bytes = serialise(facts, cache_key, &size);
    if (!bytes) {
        g_set_error(error, HF_FACTS_ERROR, HF_FACTS_ERROR_IO,
                    "%s: no memory to write it", path);
        return FALSE;
    }
    return replace_file(path, bytes, size, error);
}
