/* SPDX-License-Identifier: MIT */
#ifndef DECLARED_MIXED_H
#define DECLARED_MIXED_H

#define coroutine_fn
#define coroutine_mixed_fn

int coroutine_mixed_fn stream_get(int *s);

#endif
