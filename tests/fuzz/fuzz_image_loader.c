/* SPDX-License-Identifier: MIT */
/*
 * fuzz_image_loader.c - any bytes as a kernel or firmware.
 *
 * Thread context: one thread.
 */
#include "hw/image_loader.h"
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    GBytes *bytes = g_bytes_new_static(data, size);
    Image *image = image_parse("input", bytes, &error);

    /* Either an image whose segments lie within its bounds, or an error. */
    g_assert((image != NULL) == (error == NULL));
    for (guint i = 0; image && i < image->segments->len; i++) {
        const ImageSegment *s =
            &g_array_index(image->segments, ImageSegment, i);

        g_assert(s->addr >= image->low &&
                 s->addr + g_bytes_get_size(s->bytes) + s->zeros <=
                     image->high);
    }
    g_clear_error(&error);
    image_free(image);
    g_bytes_unref(bytes);
    return 0;
}
