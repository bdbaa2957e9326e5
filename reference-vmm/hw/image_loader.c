/* SPDX-License-Identifier: MIT */
/*
 * image_loader.c - files, gzip, Linux' Image header (Documentation/riscv/
 * boot-image-header of Linux), and the choice between formats.
 *
 * Thread context: any; it has no state.
 */
#include "hw/image_loader.h"
#include "hw/image_elf.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

void image_free(Image *image)
{
    if (!image) {
        return;
    }
    for (guint i = 0; i < image->segments->len; i++) {
        g_bytes_unref(g_array_index(image->segments, ImageSegment, i).bytes);
    }
    g_array_unref(image->segments);
    g_free(image);
}

/* ---- files -------------------------------------------------------------- */

static bool read_all(int fd, uint8_t *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, data + done, size - done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n ? errno : EIO;
            return false;
        }
        done += n;
    }
    return true;
}

GBytes *image_read_file(const char *path, uint64_t max, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    uint8_t *data;

    if (fd < 0 || fstat(fd, &st) < 0) {
        vm_set_errno(error, path);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: %s", path,
                    S_ISREG(st.st_mode) ? "too long" : "not a regular file");
        close(fd);
        return NULL;
    }
    data = g_try_malloc(st.st_size ? st.st_size : 1);
    if (!data || !read_all(fd, data, st.st_size)) {
        if (!data) {
            errno = ENOMEM;
        }
        vm_set_errno(error, path);
        g_free(data);
        close(fd);
        return NULL;
    }
    close(fd);
    return g_bytes_new_take(data, st.st_size);
}

/* ---- gzip --------------------------------------------------------------- */

static GBytes *fail_gunzip(const char *name, const char *why, z_stream *z,
                           GByteArray *out, GError **error)
{
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: %s", name, why);
    inflateEnd(z);
    g_byte_array_unref(out);
    return NULL;
}

GBytes *image_gunzip(const char *name, const void *data, size_t size,
                     uint64_t max, GError **error)
{
    GByteArray *out = g_byte_array_new();
    z_stream z = { .next_in = (Bytef *)data, .avail_in = size };
    uint8_t piece[32768];
    int ret = Z_OK;

    if (size > UINT32_MAX || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: cannot be unpacked", name);
        g_byte_array_unref(out);
        return NULL;
    }
    while (ret == Z_OK) {
        z.next_out = piece;
        z.avail_out = sizeof(piece);
        ret = inflate(&z, Z_NO_FLUSH);
        g_byte_array_append(out, piece, sizeof(piece) - z.avail_out);
        if (out->len > max) {
            return fail_gunzip(name, "too long when unpacked", &z, out,
                               error);
        }
    }
    if (ret != Z_STREAM_END) {
        return fail_gunzip(name, "damaged gzip data", &z, out, error);
    }
    inflateEnd(&z);
    return g_byte_array_free_to_bytes(out);
}

/* ---- formats ------------------------------------------------------------ */

static uint64_t get_le(const uint8_t *p, int bytes)
{
    uint64_t value = 0;

    for (int i = bytes; i-- > 0;) {
        value = value << 8 | p[i];
    }
    return value;
}

static Image *parse_linux(const char *name, GBytes *content, GError **error)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(content, &size);
    uint64_t text_offset = get_le(p + 8, 8), image_size = get_le(p + 16, 8);
    ImageSegment segment = { .addr = 0 };
    Image *image;

    if (image_size > IMAGE_MAX_SIZE || text_offset > IMAGE_MAX_SIZE) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: its header says that it needs %" G_GUINT64_FORMAT
                    " bytes at offset %" G_GUINT64_FORMAT, name, image_size,
                    text_offset);
        return NULL;
    }
    image = g_new0(Image, 1);
    image->kind = IMAGE_LINUX;
    image->segments = g_array_new(FALSE, FALSE, sizeof(ImageSegment));
    image->text_offset = text_offset;
    image->high = MAX(size, image_size);
    segment.bytes = g_bytes_ref(content);
    g_array_append_val(image->segments, segment);
    return image;
}

static Image *parse_raw(GBytes *content)
{
    Image *image = g_new0(Image, 1);
    ImageSegment segment = { .bytes = g_bytes_ref(content) };

    image->kind = IMAGE_RAW;
    image->segments = g_array_new(FALSE, FALSE, sizeof(ImageSegment));
    image->high = g_bytes_get_size(content);
    g_array_append_val(image->segments, segment);
    return image;
}

/* Not packed, or not any more. */
static Image *parse_plain(const char *name, GBytes *content, GError **error)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(content, &size);

    if (size >= 4 && !memcmp(p, "\177ELF", 4)) {
        return image_parse_elf(name, content, error);
    }
    if (size >= 64 && !memcmp(p + 56, "RSC\5", 4)) {
        return parse_linux(name, content, error);
    }
    return parse_raw(content);
}

static Image *parse_packed(const char *name, const uint8_t *data, size_t size,
                           GError **error)
{
    GBytes *plain = image_gunzip(name, data, size, IMAGE_MAX_SIZE, error);
    Image *image = plain ? parse_plain(name, plain, error) : NULL;

    if (plain) {
        g_bytes_unref(plain);
    }
    return image;
}

/* EFI zboot: offset and length of what is packed, and how, in the header. */
static Image *parse_zboot(const char *name, const uint8_t *p, size_t size,
                          GError **error)
{
    uint32_t offset = get_le(p + 8, 4), length = get_le(p + 12, 4);
    char type[9] = "";

    memcpy(type, p + 24, 8);
    if (strcmp(type, "gzip")) {
        char *text = g_utf8_make_valid(type, -1);

        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: an EFI image packed by '%s'; only gzip is known",
                    name, text);
        g_free(text);
        return NULL;
    }
    if (offset > size || length > size - offset) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: an EFI image whose content lies outside of it",
                    name);
        return NULL;
    }
    return parse_packed(name, p + offset, length, error);
}

Image *image_parse(const char *name, GBytes *content, GError **error)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(content, &size);

    if (size == 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: empty", name);
        return NULL;
    }
    if (size >= 18 && p[0] == 0x1f && p[1] == 0x8b) {
        return parse_packed(name, p, size, error);
    }
    if (size >= 64 && !memcmp(p, "MZ", 2) && !memcmp(p + 4, "zimg", 4)) {
        return parse_zboot(name, p, size, error);
    }
    return parse_plain(name, content, error);
}

Image *image_load_file(const char *path, GError **error)
{
    GBytes *content = image_read_file(path, IMAGE_MAX_SIZE, error);
    Image *image;

    if (!content) {
        return NULL;
    }
    image = image_parse(path, content, error);
    g_bytes_unref(content);
    return image;
}
