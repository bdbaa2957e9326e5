/* SPDX-License-Identifier: MIT */
/*
 * image_elf.h - ELF, for image_loader.c.
 *
 * Thread context: any.
 */
#ifndef REFVMM_HW_IMAGE_ELF_H
#define REFVMM_HW_IMAGE_ELF_H

#include "hw/image_loader.h"

/* content begins with ELF's magic number. */
Image *image_parse_elf(const char *name, GBytes *content, GError **error) IO_FN;

#endif
