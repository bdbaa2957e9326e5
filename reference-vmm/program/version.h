/* SPDX-License-Identifier: MIT */
/*
 * version.h - what the program calls itself.
 *
 * Thread context: none.
 */
#ifndef REFVMM_PROGRAM_VERSION_H
#define REFVMM_PROGRAM_VERSION_H

#define REFVMM_VERSION "0.1.0"
#define REFVMM_VERSION_LINE "refvmm version " REFVMM_VERSION \
    " (a small virtual machine monitor for RISC-V)"

#endif
