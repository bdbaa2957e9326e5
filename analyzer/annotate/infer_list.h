/* SPDX-License-Identifier: MIT */
/* Kinds of inference, in the order they run.  A new one is a file infer_*.c
 * and a line here. */
#ifndef HOLDFAST_INFER_LIST_H
#define HOLDFAST_INFER_LIST_H

#define HF_INFERENCES(X)  \
    X(hf_infer_guards)    \
    X(hf_infer_contexts)  \
    X(hf_infer_marks)     \
    X(hf_infer_coroutines) \
    X(hf_infer_requires)  \
    X(hf_infer_excludes)  \
    X(hf_infer_comments)

#endif
