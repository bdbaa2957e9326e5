/* SPDX-License-Identifier: MIT */
	if (st->"größe" - 𝄞𝄞 > limit) {
	if	(a - b > 0)	/* tabs */
int x;
last line has no end