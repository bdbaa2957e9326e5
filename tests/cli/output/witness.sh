#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A finding says with whom an access races, or why with nobody.
. "${0%/*}/../lib.sh"

threads_project p
hf check -p p --all
exits 1
has out 'threads.c:51:14: witness_enter: One side: "watcher" runs as watcher.'
has out 'witness_call: Calling "is_seen".'
has out 'witness_access: "seen" is read with nothing held.'
has out 'witness_enter: The other: "sender" runs as sender.'
has out 'witness_access: "seen" is written with "lock" held.'
has out 'also_access: Read without it in "sender", too.'
has out 'why: at the same time sender writes it in "see"'
has out 'suggested: Intentional (sole_writer): only sender writes it'
has out 'with the lock: safe: nobody on the way in holds it'
has out '    +    pthread_mutex_lock(&lock);'
check --all --format coverity-json=json --format sarif=sarif \
    --format coverity=coverity --format gitlab=gitlab --format rdjsonl=rdjsonl
has json '"reasonCode" : "sole_writer"'
has json '"whatIf" : "safe: '
has json '"patch" : "--- a/threads.c'
has json '"accessKeys" : ['
has sarif '"reasonText" : "only sender writes it'
has sarif '"whatIf" : "safe: '
has coverity ': witness_access: "seen" is written'
for file in gitlab rdjsonl; do
    has "$file" 'without holding lock'
done
