/* SPDX-License-Identifier: MIT */
/*
 * yaml.h - one YAML document as a tree whose every node knows its place.
 *
 * Private to the rules library.  A rules file is untrusted input, so the tree
 * is built from libfyaml's events instead of its documents: nothing is ever
 * expanded.  Refused, with a message that names the place: documents of more
 * than HF_YAML_MAX_BYTES, lines longer than HF_YAML_MAX_LINE (libfyaml keeps
 * all tokens of a line while the first may turn out to be a key), nesting
 * deeper than HF_YAML_MAX_DEPTH, directives (libfyaml's scanner is quadratic
 * in them), tabs (it frees twice when it complains of one), anchors and
 * aliases, tags, a second document, keys that are not scalars and a key given
 * twice.
 *
 * Ownership: a node owns everything below it.  Not thread-safe; nodes are
 * only read once built.
 */
#ifndef HOLDFAST_RULES_YAML_H
#define HOLDFAST_RULES_YAML_H

#include "rules/rules.h"

#define HF_YAML_MAX_BYTES (4u << 20)
#define HF_YAML_MAX_LINE 65536u
#define HF_YAML_MAX_DEPTH 64u

typedef enum {
    HF_NODE_SCALAR,
    HF_NODE_LIST,
    HF_NODE_MAP,
} HfNodeKind;

typedef struct {
    HfNodeKind kind;
    char *text;       /* scalar */
    gboolean quoted;  /* scalar: written in quotes or as a block */
    GPtrArray *keys;  /* map: HfNode*, scalars, beside items */
    GPtrArray *items; /* list, map: HfNode* */
    HfRulePlace place;
} HfNode;

/*
 * Parse text.  file is copied nowhere: places point at it, so it must live as
 * long as anything that keeps a place.
 */
HfNode *hf_yaml_parse(const char *text, gsize len, const char *file,
                      GError **error);
void hf_node_free(HfNode *node);

/* "a list", "a mapping", "nothing", or "'the text'" cut to a sane length;
 * (transfer full). */
char *hf_node_describe(const HfNode *node);

#endif
