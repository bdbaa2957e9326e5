/* SPDX-License-Identifier: MIT */
/*
 * command_list.h - whose commands and events there are: one line for each
 * monitor/qmp_NAME.c, which defines `const QmpSet NAME_qmp_set`.
 *
 * Thread context: none.  Included several times, with QMP_SET() defined.
 */
QMP_SET(control)
QMP_SET(run)
QMP_SET(machine)
QMP_SET(command_line)
QMP_SET(qom)
QMP_SET(object)
QMP_SET(device)
QMP_SET(chardev)
QMP_SET(net)
QMP_SET(block)
QMP_SET(block_types)
QMP_SET(bitmap)
QMP_SET(transaction)
QMP_SET(yank)
QMP_SET(announce)
