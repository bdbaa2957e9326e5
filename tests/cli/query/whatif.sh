#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Would taking a lock at an access be safe, and how; or what is in the way.
. "${0%/*}/../lib.sh"

mkdir -p p/src
cat >p/src/main.c <<'END'
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct stream {
    pthread_mutex_t lock;
    pthread_mutex_t reader_lock;
    sem_t kick;
    char *file;
    int errors;
};

static struct stream the_stream;
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

/* Holds reader_lock while it waits for kick. */
static void *reader(void *p)
{
    struct stream *s = p;

    pthread_mutex_lock(&s->reader_lock);
    sem_wait(&s->kick);
    s->errors++;
    pthread_mutex_unlock(&s->reader_lock);
    return NULL;
}

static void put(struct stream *s, char *file)
{
    pthread_mutex_lock(&s->lock);
    pthread_mutex_lock(&table);
    s->file = file;
    pthread_mutex_unlock(&table);
    pthread_mutex_unlock(&s->lock);
}

static void *closer(void *p)
{
    struct stream *s = p;

    if (s->file) {
        put(s, NULL);
    }
    s->errors = 0;
    return NULL;
}

static void stop(struct stream *s)
{
    if (s->errors)
        free(s->file);
    sem_post(&s->kick);
}

static int count(struct stream *s)
{
    int n;

    pthread_mutex_lock(&table);
    n = s->errors;
    pthread_mutex_unlock(&table);
    while (s->file && n) {
        n--;
    }
    return n;
}

static void set(struct stream *s)
{
    s->errors = 1;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, reader, &the_stream);
    pthread_create(&b, NULL, closer, &the_stream);
    pthread_mutex_lock(&the_stream.lock);
    set(&the_stream);
    pthread_mutex_unlock(&the_stream.lock);
    stop(&the_stream);
    count(&the_stream);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
END
database p
ask() { hf query -p p -P pthread whatif "$@"; }

# What is read in a condition goes into a variable first.
ask closer file lock
exits 0
has out "safe: "
has out "--- a/main.c"
has out "-    if (s->file) {"
has out "+    pthread_mutex_lock(&s->lock);"
has out "+    char *file = s->file;"
has out "+    pthread_mutex_unlock(&s->lock);"
has out "+    if (file) {"

# A plain statement goes between the two.
ask closer errors lock
exits 0
has out "+    pthread_mutex_lock(&s->lock);"
has out "     s->errors = 0;"

# The patch is one: it applies, and what comes out compiles.
ask closer file lock
sed -n '/^---/,$p' out >edit.diff
git -C p/src apply "$PWD/edit.diff" || fail "the patch does not apply"
"${CC:-cc}" -fsyntax-only p/src/main.c || fail "the result does not compile"
git -C p/src apply -R "$PWD/edit.diff"

# The reader holds it until this function has posted.
ask stop errors reader_lock
exits 0
has out "blocks: "
has out "\"reader\" holds"
has out "\"sem_post\" on line"

# Taken under table here, around table there.
ask count errors lock
exits 0
has out "order reversal: "
has out "\"put\" takes"

# A caller has it.
ask set errors lock
exits 0
has out "double lock: "

# Nothing is patched that is not simple.
ask count file lock
exits 0
has out "no patch: it is part of a loop"
