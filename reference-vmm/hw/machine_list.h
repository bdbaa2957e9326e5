/* SPDX-License-Identifier: MIT */
/*
 * machine_list.h - all machine types: one line each.
 *
 * Thread context: none.  Included several times, with MACHINE() defined.
 */
MACHINE(virt)
MACHINE(none)
