#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A profile of one's own makes its locks known.
. "${0%/*}/../lib.sh"

mkdir -p p/src rules
cat >rules/mine.yaml <<'END'
profile: mine
lock_types:
  my_lock: {}
functions:
  my_take: {acquire: arg0}
  my_give: {release: arg0}
END
cat >p/src/a.c <<'END'
typedef struct my_lock my_lock;
void my_take(my_lock *l);
void my_give(my_lock *l);
int twice(my_lock *l);
int twice(my_lock *l)
{
    my_take(l);
    my_take(l);
    my_give(l);
    return 0;
}
END
database p
check --rules-dir rules --profile mine
exits 1
has out 'a.c:8:5: warning: '
check
exits 0
HOLDFAST_RULES_DIR=rules check --profile mine
exits 1
check --profile rules/mine.yaml
exits 1
