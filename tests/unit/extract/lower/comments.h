/* SPDX-License-Identifier: MIT */
/* holdfast: in a header nothing was lowered from */
int from_elsewhere(void);
