/* SPDX-License-Identifier: MIT */
/*
 * wire.h - objects sent as the bytes they are.  Private to check.
 *
 * wire_sinks.c knows which calls send what they are given: those the rules
 * name, and functions that pass their own parameters on to such a call.
 * wire_object.c finds out what the bytes are: an object of which record, made
 * where, and whether all of its memory was written.
 */
#ifndef HOLDFAST_WIRE_H
#define HOLDFAST_WIRE_H

#include "check/check.h"

G_BEGIN_DECLS

/* Of one function. */
typedef struct {
    int data, size, count; /* parameters; -1: none */
    gint64 bytes; /* when there is no size parameter: so many; 0 unknown */
    HfSink sink;
    const HfEffect *rule; /* what it comes from in the end */
    HfSymId next; /* function that it passes them to; 0: by rule */
    uint32_t event; /* of that call */
} HfWireSink;

typedef struct {
    const HfCheck *c;
    GHashTable *sinks;   /* HfSymId -> HfWireSink */
    GHashTable *layouts; /* HfRecId -> HfWireLayout */
    GHashTable *fills;   /* "sym/param" -> whether it fills the object */
} HfWire;

/* Where a record's parts are told. */
typedef struct {
    const HfFacts *f;
    const HfRecord *record;
} HfWireLayout;

typedef enum {
    HF_WIRE_UNSEEN,  /* nobody here knows who made it */
    HF_WIRE_RAW,     /* made here, only its members were written */
    HF_WIRE_FILLED,  /* zeroed, copied over or static */
    HF_WIRE_PARAM,   /* the caller made it */
} HfWireOrigin;

typedef struct {
    HfRecId record;
    HfWireOrigin origin;
    HfId local;      /* RAW: that is the object, or points to it */
    guint param;     /* PARAM */
} HfWireObject;

void hf_wire_init(HfWire *w, const HfCheck *c);
void hf_wire_clear(HfWire *w);

/* NULL: does not send. */
const HfWireSink *hf_wire_sink(HfWire *w, HfSymId sym);
/* Finds out whether flow passes its parameters on; callees first. */
void hf_wire_derive(HfWire *w, const HfFlow *flow);
/* Bytes that a call of such a function sends, 0 unknown; *times is TRUE when
 * it may be several times as many. */
gint64 hf_wire_bytes(const HfFlow *flow, const HfEvent *e,
                     const HfWireSink *sink, gboolean *times);
/* The parameter that a value comes from, -1 none. */
int hf_wire_param(const HfFlow *flow, HfId path);

/* FALSE: not an object of a known record. */
gboolean hf_wire_object(HfWire *w, const HfFlow *flow, HfId pointer,
                        HfWireObject *out);
const HfWireLayout *hf_wire_layout(HfWire *w, HfRecId record);

G_END_DECLS

#endif
