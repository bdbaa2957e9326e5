/* SPDX-License-Identifier: MIT */
/*
 * net_list.h - all kinds of network back ends: one line each.
 *
 * Thread context: none.  Included several times, with NET() defined.
 */
NET(user)
NET(tap)
NET(stream)
NET(dgram)
NET(hubport)
