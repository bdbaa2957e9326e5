#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Contexts follow from what is called, as this profile writes them; a call on
# some ways is a suggestion; a wrapper of a coroutine is polled for.
. "${0%/*}/../lib.sh"

mkdir -p p/src
cat >p/src/a.c <<'END'
#define GLOBAL_STATE_CODE() do { } while (0)
#define IO_CODE() do { } while (0)
#define IO_OR_GS_CODE() do { } while (0)
#define coroutine_fn
#define co_wrapper
typedef struct Node Node;
void graph_ref(Node *n);
int co_wrapper node_write(Node *n, long at);
int coroutine_fn co_read(Node *n);

void graph_ref(Node *n)
{
    GLOBAL_STATE_CODE();
}

Node *channel_new(Node *n);
Node *channel_new(Node *n)
{
    Node *copy = n; /* kept */

    graph_ref(n);
    return copy;
}

int channel_write(Node *n);
int channel_write(Node *n)
{
    return node_write(n, 1);
}

void sometimes(Node *n, int yes);
void sometimes(Node *n, int yes)
{
    if (yes) {
        graph_ref(n);
    }
}

static int read_all(Node *n)
{
    return co_read(n);
}

int coroutine_fn co_entry(Node *n);
int coroutine_fn co_entry(Node *n)
{
    return read_all(n);
}

void io(Node *n);
void io(Node *n)
{
    IO_CODE();
    channel_new(n);
}
END
cat >mine.yaml <<'END'
profile: mine
include: qemu-common
spellings:
  gs: {body: GLOBAL_STATE_CODE();}
  io_or_gs: {body: IO_OR_GS_CODE();}
  coroutine: {before: coroutine_fn, on: both}
END
database p
annotate() { hf annotate -p p -q --profile ./mine.yaml "$@"; }

annotate --suggest
has out 'channel_write: IO_OR_GS_CODE(); [sure]'
has out 'waits for a coroutine'
has out 'channel_new: GLOBAL_STATE_CODE(); [suggestion]'
has out '"io", which is I/O code, calls it'
has out 'sometimes: GLOBAL_STATE_CODE(); [suggestion]'
has out 'read_all: coroutine_fn [sure]'
annotate --function channel_write --format json
has out '"means" : "IO_OR_GS_CODE"'
lacks out read_all
annotate --kind coroutine --patch -
has out '+static int coroutine_fn read_all(Node *n)'
lacks out IO_OR_GS
annotate --at nowhere
exits 0
has out '0 sure, 0 suggestions'
