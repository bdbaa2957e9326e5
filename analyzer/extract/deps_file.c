/* SPDX-License-Identifier: MIT */
/*
 * deps_file.c - deps.bin.  Byte order and sizes are this machine's; a file
 * from another kind fails the checks and counts as none.
 *
 *     offset  size
 *          0     8   "HFDEPS\x1a\0"
 *          8     4   version
 *         12     4   n_files
 *         16     4   n_units
 *         20     4   n_deps
 *         24     4   bytes of strings
 *         28     4   0
 *         32    16   XXH3-128 of all that follows
 *         48         n_files of FileRow
 *                    n_units of UnitRow
 *                    n_deps of uint32: indices of files
 *                    strings, each with its terminator; offset 0 is ""
 */
#include "deps_file.h"

#define VERSION 1u

typedef struct {
    char magic[8];
    uint32_t version;
    uint32_t n_files;
    uint32_t n_units;
    uint32_t n_deps;
    uint32_t n_strings;
    uint32_t zero;
    HfHash checksum;
} Header;

typedef struct {
    HfHash hash;
    uint64_t size;
    int64_t mtime_ns;
    uint64_t inode;
    uint32_t path;
    uint32_t fresh;
} FileRow;

typedef struct {
    HfHash id, base, key;
    uint32_t status;
    uint32_t file;
    uint32_t message;
    uint32_t first_dep;
    uint32_t n_deps;
    uint32_t zero;
} UnitRow;

static const char magic[8] = "HFDEPS\x1a";

static void checksum(const void *bytes, gsize len, HfHash *out)
{
    HfDigest *digest = hf_digest_new();

    hf_digest_add(digest, bytes, len);
    hf_digest_finish(digest, out);
}

/* ---- reading ------------------------------------------------------------ */

typedef struct {
    const Header *header;
    const FileRow *files;
    const UnitRow *units;
    const uint32_t *deps;
    const char *strings;
} Image;

static gboolean lay_out(const char *bytes, gsize len, Image *image)
{
    const Header *h = (const Header *)bytes;
    guint64 size = sizeof(*h);
    HfHash sum;

    if (len < size || memcmp(h->magic, magic, sizeof(magic)) ||
        h->version != VERSION) {
        return FALSE;
    }
    image->header = h;
    image->files = (const FileRow *)(bytes + size);
    size += (guint64)h->n_files * sizeof(FileRow);
    image->units = (const UnitRow *)(bytes + size);
    size += (guint64)h->n_units * sizeof(UnitRow);
    image->deps = (const uint32_t *)(bytes + size);
    size += (guint64)h->n_deps * sizeof(uint32_t);
    image->strings = bytes + size;
    size += h->n_strings;
    if (size != len || !h->n_strings || bytes[len - 1]) {
        return FALSE;
    }
    checksum(bytes + sizeof(*h), len - sizeof(*h), &sum);
    return hf_hash_equal(&sum, &h->checksum);
}

static gboolean rows_are_sound(const Image *image)
{
    const Header *h = image->header;

    for (uint32_t i = 0; i < h->n_files; i++) {
        if (image->files[i].path >= h->n_strings) {
            return FALSE;
        }
    }
    for (uint32_t i = 0; i < h->n_units; i++) {
        const UnitRow *u = &image->units[i];

        if (u->file >= h->n_strings || u->message >= h->n_strings ||
            u->status > HF_UNIT_TIMEOUT || u->first_dep > h->n_deps ||
            u->n_deps > h->n_deps - u->first_dep) {
            return FALSE;
        }
    }
    for (uint32_t i = 0; i < h->n_deps; i++) {
        if (image->deps[i] >= h->n_files) {
            return FALSE;
        }
    }
    return TRUE;
}

static void add_image(HfDeps *deps, const Image *image)
{
    g_autofree guint32 *numbers = g_new(guint32, image->header->n_files + 1);

    for (uint32_t i = 0; i < image->header->n_files; i++) {
        const FileRow *row = &image->files[i];
        HfFileState state = { row->hash, row->size, row->mtime_ns,
                              row->inode, row->fresh != 0 };

        numbers[i] = hf_deps_file(deps, image->strings + row->path, &state);
    }
    for (uint32_t i = 0; i < image->header->n_units; i++) {
        const UnitRow *row = &image->units[i];
        HfDepUnit *unit = hf_deps_add(deps, &row->id);

        unit->base = row->base;
        unit->key = row->key;
        unit->status = row->status;
        unit->file = g_strdup(image->strings + row->file);
        unit->message = row->message
                            ? g_strdup(image->strings + row->message) : NULL;
        g_array_set_size(unit->deps, row->n_deps);
        for (uint32_t k = 0; k < row->n_deps; k++) {
            g_array_index(unit->deps, guint32, k) =
                numbers[image->deps[row->first_dep + k]];
        }
    }
}

void hf_deps_read(HfDeps *deps, const char *path)
{
    g_autofree char *bytes = NULL;
    Image image;
    gsize len;

    if (g_file_get_contents(path, &bytes, &len, NULL) &&
        lay_out(bytes, len, &image) && rows_are_sound(&image)) {
        add_image(deps, &image);
    }
}

/* ---- writing ------------------------------------------------------------ */

typedef struct {
    const HfDeps *deps;
    GArray *files;        /* FileRow */
    GArray *units;        /* UnitRow */
    GArray *refs;         /* uint32_t */
    GByteArray *strings;
    GHashTable *offsets;  /* char* -> offset */
    uint32_t *numbers;    /* old index of a file -> new one + 1 */
} Out;

static uint32_t put_string(Out *out, const char *s)
{
    gpointer value;
    uint32_t offset = out->strings->len;

    if (!s || !*s) {
        return 0;
    }
    if (g_hash_table_lookup_extended(out->offsets, s, NULL, &value)) {
        return GPOINTER_TO_UINT(value);
    }
    g_byte_array_append(out->strings, (const guint8 *)s, strlen(s) + 1);
    g_hash_table_insert(out->offsets, (gpointer)s, GUINT_TO_POINTER(offset));
    return offset;
}

static uint32_t put_file(Out *out, guint32 number)
{
    const HfDepFile *file = &g_array_index(out->deps->files, HfDepFile,
                                           number);
    FileRow row = { file->state.hash, file->state.size, file->state.mtime_ns,
                    file->state.inode, 0, file->state.fresh };

    if (!out->numbers[number]) {
        row.path = put_string(out, file->path);
        g_array_append_val(out->files, row);
        out->numbers[number] = out->files->len;
    }
    return out->numbers[number] - 1;
}

static void put_unit(Out *out, const HfDepUnit *unit)
{
    UnitRow row = { unit->id, unit->base, unit->key, unit->status,
                    put_string(out, unit->file),
                    put_string(out, unit->message), out->refs->len,
                    unit->deps->len, 0 };

    for (guint i = 0; i < unit->deps->len; i++) {
        uint32_t file = put_file(out, g_array_index(unit->deps, guint32, i));

        g_array_append_val(out->refs, file);
    }
    g_array_append_val(out->units, row);
}

static gint unit_cmp(gconstpointer pa, gconstpointer pb)
{
    const HfDepUnit *a = *(HfDepUnit *const *)pa;
    const HfDepUnit *b = *(HfDepUnit *const *)pb;

    return memcmp(&a->id, &b->id, sizeof(a->id));
}

static GPtrArray *sorted_units(const HfDeps *deps)
{
    GPtrArray *units = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, deps->units);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        HfDepUnit *unit = value;

        for (HfDepUnit *u = unit->next; u && !unit->chosen; u = u->next) {
            unit = u->chosen ? u : unit;
        }
        g_ptr_array_add(units, unit);
    }
    g_ptr_array_sort(units, unit_cmp);
    return units;
}

static void add_rows(GByteArray *bytes, const GArray *rows, gsize size)
{
    g_byte_array_append(bytes, (const guint8 *)rows->data, rows->len * size);
}

static gboolean write_image(const Out *out, const char *path, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Header header = { .version = VERSION, .n_files = out->files->len,
                      .n_units = out->units->len, .n_deps = out->refs->len,
                      .n_strings = out->strings->len };

    memcpy(header.magic, magic, sizeof(magic));
    g_byte_array_append(bytes, (const guint8 *)&header, sizeof(header));
    add_rows(bytes, out->files, sizeof(FileRow));
    add_rows(bytes, out->units, sizeof(UnitRow));
    add_rows(bytes, out->refs, sizeof(uint32_t));
    g_byte_array_append(bytes, out->strings->data, out->strings->len);
    checksum(bytes->data + sizeof(header), bytes->len - sizeof(header),
             &((Header *)bytes->data)->checksum);
    return g_file_set_contents(path, (const char *)bytes->data, bytes->len,
                               error);
}

gboolean hf_deps_write(const HfDeps *deps, const char *path, GError **error)
{
    g_autoptr(GPtrArray) units = sorted_units(deps);
    Out out = { .deps = deps };
    gboolean ok;

    out.files = g_array_new(FALSE, TRUE, sizeof(FileRow));
    out.units = g_array_new(FALSE, TRUE, sizeof(UnitRow));
    out.refs = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    out.strings = g_byte_array_new();
    out.offsets = g_hash_table_new(g_str_hash, g_str_equal);
    out.numbers = g_new0(uint32_t, deps->files->len + 1);
    g_byte_array_append(out.strings, (const guint8 *)"", 1);
    for (guint i = 0; i < units->len; i++) {
        put_unit(&out, units->pdata[i]);
    }
    ok = write_image(&out, path, error);
    g_array_unref(out.files);
    g_array_unref(out.units);
    g_array_unref(out.refs);
    g_byte_array_unref(out.strings);
    g_hash_table_unref(out.offsets);
    g_free(out.numbers);
    return ok;
}
