/* SPDX-License-Identifier: MIT */
/*
 * image_loader.h - kernels and firmware: what goes where, and where it
 * begins.
 *
 * image_parse() looks at bytes only and touches nothing else, so that it can
 * be fuzzed.  It knows ELF (32 and 64 bits, RISC-V, little endian), Linux'
 * Image with its RISC-V header, both of these packed by gzip, gzip in an EFI
 * zboot image, and otherwise takes a file as it is.
 *
 * Thread context: any.
 */
#ifndef REFVMM_HW_IMAGE_LOADER_H
#define REFVMM_HW_IMAGE_LOADER_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

/* An unpacked image is at most so long. */
#define IMAGE_MAX_SIZE (UINT64_C(1) << 30)

typedef enum ImageKind {
    IMAGE_RAW,
    IMAGE_LINUX, /* with a header */
    IMAGE_ELF,
} ImageKind;

typedef struct ImageSegment {
    uint64_t addr; /* physical of ELF, else from the start of the image */
    GBytes *bytes; /* owned */
    uint64_t zeros; /* that follow the bytes */
} ImageSegment;

typedef struct Image {
    ImageKind kind;
    GArray *segments; /* of ImageSegment */
    uint64_t entry;   /* physical of ELF, else 0 */
    uint64_t low, high; /* of all segments; high is one behind, with what
                         * Linux' header says that it needs */
    uint64_t text_offset; /* of Linux: where it wants to be above RAM's start */
    bool elf32;
    uint64_t tohost; /* of the ELF symbol; 0: none */
} Image;

/* name is for errors.  content stays the caller's. */
Image *image_parse(const char *name, GBytes *content, GError **error) IO_FN;
Image *image_load_file(const char *path, GError **error) IO_FN;
void image_free(Image *image) IO_FN;

/* A whole file, at most max bytes; "PATH: why". */
GBytes *image_read_file(const char *path, uint64_t max, GError **error) IO_FN;
/* NULL: damaged, or longer than max. */
GBytes *image_gunzip(const char *name, const void *data, size_t size,
                     uint64_t max, GError **error) IO_FN;

#endif
