/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not seen: a copy without a bound that calls nothing. */

void copy(char *to, const char *from)
{
    while ((*to++ = *from++)) { // known-limit: STRING_COPY
    }
}
