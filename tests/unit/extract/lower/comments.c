/* SPDX-License-Identifier: MIT */
/* Comments that say a finding is known. */
#include "comments.h"

int a(int *p)
{
    *p = 1; /* holdfast: intentional(MISSING_LOCK) single writer */

    /* holdfast: false_positive(LOCK)
     * over two lines */

    *p = 2;
    // coverity[missing_lock]
    // and another line
    *p = 3;
    *p = 4; // NOLINT(whatever)
    // NOLINTNEXTLINE
    *p = 5;
    // codechecker_suppress [all] because
    // NOLINTBEGIN
    *p = 6;
    // NOLINTEND
    /* codechecker_intentional [x] a */ *p = 7;
    return from_elsewhere() + (p == (void *)"/* holdfast: in a string */");
}
/* an ordinary comment
   that mentions holdfast without a colon */
/* codechecker_false_positive [x] at the end */
