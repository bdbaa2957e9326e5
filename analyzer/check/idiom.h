/* SPDX-License-Identifier: MIT */
/*
 * idiom.h - ways of doing without the lock that are right, or may be.
 *
 * An inferred guard says what most of the program does; these say why this
 * access need not do the same.  Pure questions over a solved program.
 */
#ifndef HOLDFAST_IDIOM_H
#define HOLDFAST_IDIOM_H

#include "check/belief.h"

G_BEGIN_DECLS

/* Only a branch sees what was read, and it is read again, for a branch too,
 * with the lock held: double-checked locking. */
gboolean hf_idiom_rechecked(const HfStats *st, const HfUse *u,
                            const HfLockKey *key);

/* A read under another lock that everyone who writes holds as well: either of
 * the two is enough to read, both are needed to write. */
gboolean hf_idiom_either_lock(const HfCheck *c, const HfStats *st,
                              const HfUse *u, const HfLockKey *key);

/* The lock is one of the object around, and this is not in such an object: a
 * copy, or a struct of that type from elsewhere. */
gboolean hf_idiom_elsewhere(const HfCheck *c, const HfUse *u,
                            const HfLockKey *key);

/* The object is a parameter that the function puts where others find it only
 * after this access: list_insert(list, node) may well have node to itself. */
gboolean hf_idiom_published_later(const HfCheck *c, const HfUse *u);

/* The object is freed later on every way from here: who frees it is the last to
 * use it. */
gboolean hf_idiom_freed_after(const HfCheck *c, const HfUse *u);

/* A callback of a library, and whoever gives it to the library holds the lock
 * then: so do those who have the library call it. */
gboolean hf_idiom_library_calls_back(const HfCheck *c, const HfUse *u,
                                     const HfLockKey *key);

/* What is held is a lock of that kind, but whose is not known: of a pointer
 * that may be one or the other, or that an unknown function returned; or it is
 * this object that is reached so.  *key: what it would be if it were this
 * object's. */
gboolean hf_idiom_may_be_own(const HfCheck *c, const HfSubject *s, HfX lock,
                             HfLockKey *key);

/* The guard is a member of the one object that a variable points to, and that
 * member of some object is held: by another name, a parameter, say.  Or the
 * other way round: the object is a parameter, and a variable's is held. */
gboolean hf_idiom_held_by_another_name(const HfCheck *c, const HfUse *u,
                                       const HfLockKey *key);

/* On every way in that comes without it, somebody holds that member of an
 * object that this function has no name for. */
gboolean hf_idiom_lost_on_the_way(const HfCheck *c, const HfUse *u,
                                  const HfLockKey *key);

/* A lock is held that has no name at all: it may be any. */
gboolean hf_idiom_nameless_held(const HfCheck *c, const HfUse *u);

G_END_DECLS

#endif
