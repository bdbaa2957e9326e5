#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A profile says what is right as it is; its reasons are proved again.
. "${0%/*}/../lib.sh"

threads_project p
mkdir rules
profile() { # CODE
    cat >rules/mine.yaml <<END
profile: mine
include: pthread
checkers:
  MISSING_LOCK:
    intentional:
      - {function: is_seen, field: seen, code: $1, reason: a number for people}
      - {function: sender, code: $1, reason: the same}
END
}

profile benign
check --rules-dir rules --profile mine
exits 0
has out 'suppressed in the sources'
# two threads write it
profile sole_writer
check --rules-dir rules --profile mine
exits 1
has out 'mine.yaml:6:9: warning: The reason "sole_writer" is not true: at the same time sender writes it in "see". [ANNOTATION/untrue_reason]'
# nothing is there any more
sed -i 's/is_seen() ?/0 ?/; s/return seen;/return 0;/; s/sent + seen/1/' \
    p/src/threads.c
check --rules-dir rules --profile mine
exits 1
has out 'mine.yaml:6:9: warning: Nothing is found that this rule speaks of. [ANNOTATION/unused_suppression]'
# another program of that kind
sed -i 's/is_seen/is_known/; s/sender/sends/' p/src/threads.c
check --rules-dir rules --profile mine
exits 0
# errors
profile because
check --rules-dir rules --profile mine
refuses "mine.yaml:6:48: expected "
