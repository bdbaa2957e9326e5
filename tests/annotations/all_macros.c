/* SPDX-License-Identifier: MIT */
/*
 * Every macro of the header, used where it belongs.  readings.sh compiles
 * this in all readings, as C and as C++, with and without short names; it is
 * never run.  An `hf:` comment is the string the Holdfast reading must leave
 * on that line.
 */
#ifdef NO_ANNOTATIONS
#include "no_annotations.h"
#else
#include <holdfast/annotations.h>
#endif

#define RANK_STREAM 20

typedef struct HF_CAPABILITY(mutex) Mutex { /* hf:capability:mutex */
    int held;
} Mutex;

HF_TOKEN_DECLARE(transaction); /* hf:token:transaction */
HF_ROLE_DECLARE(main_loop);    /* hf:role:main_loop */

extern Mutex graph_lock HF_LOCK_RANK(10); /* hf:rank:10 */
extern Mutex big_lock
    HF_LOCK_RANK(RANK_STREAM)       /* hf:rank:20 */
    HF_ACQUIRED_AFTER(graph_lock);  /* hf:acquired_after:graph_lock */
extern Mutex small_lock HF_ACQUIRED_AFTER(graph_lock, big_lock); /* hf:acquired_after:graph_lock, big_lock */
extern Mutex first_lock HF_ACQUIRED_BEFORE(graph_lock); /* hf:acquired_before:graph_lock */

typedef struct Stream Stream;
typedef int HF_SLOT(HF_COROUTINE_FN) StreamEntry(Stream *s); /* hf:coroutine */

struct Stream {
    Mutex lock HF_LOCK_RANK(30);          /* hf:rank:30 */
    int fd HF_GUARDED_BY(&lock);          /* hf:guarded_by:&lock */
    char *data HF_PT_GUARDED_BY(&lock);   /* hf:pt_guarded_by:&lock */
    int *view HF_RCU_PROTECTED;           /* hf:rcu_protected */
    void (*kick)(Stream *s) HF_SLOT(HF_REQUIRES(&s->lock)); /* hf:requires:&s->lock */
    void (*read)(Stream *s) HF_GRAPH_RDLOCK_PTR;    /* hf:requires_shared:graph_lock */
    void (*change)(Stream *s) HF_GRAPH_WRLOCK_PTR;  /* hf:requires:graph_lock */
    void (*drain)(Stream *s) HF_GRAPH_UNLOCKED_PTR; /* hf:excludes:graph_lock */
};

void mutex_lock(Mutex *m) HF_ACQUIRE(m);                 /* hf:acquire:m */
void mutex_unlock(Mutex *m) HF_RELEASE(m);               /* hf:release:m */
void mutex_rdlock(Mutex *m) HF_ACQUIRE_SHARED(m);        /* hf:acquire_shared:m */
void mutex_rdunlock(Mutex *m) HF_RELEASE_SHARED(m);      /* hf:release_shared:m */
int mutex_trylock(Mutex *m) HF_TRY_ACQUIRE(1, m);        /* hf:try_acquire:1:m */
int mutex_tryrdlock(Mutex *m) HF_TRY_ACQUIRE_SHARED(0, m); /* hf:try_acquire_shared:0:m */
void mutex_wait(Mutex *m) HF_DROPS(m);                   /* hf:drops:m */
void mutex_check(Mutex *m) HF_ASSERTS_HELD(m);           /* hf:assert_held:m */
void mutex_rdcheck(Mutex *m) HF_ASSERTS_HELD_SHARED(m);  /* hf:assert_shared:m */
Mutex *stream_lock(Stream *s) HF_RETURNS_LOCK(s->lock);  /* hf:returns_lock:s->lock */

void stream_flush(Stream *s) HF_REQUIRES(&s->lock, &big_lock); /* hf:requires:&s->lock, &big_lock */
int stream_get(Stream *s) HF_REQUIRES_SHARED(&s->lock);  /* hf:requires_shared:&s->lock */
void stream_close(Stream *s) HF_EXCLUDES(&s->lock);      /* hf:excludes:&s->lock */
void commit(void) HF_REQUIRES(transaction);              /* hf:requires:transaction */

void HF_GS_FN machine_stop(void);                        /* hf:gs */
void HF_IO_FN queue_kick(void);                          /* hf:io */
void HF_IO_OR_GS_FN poll_once(void);                     /* hf:io_or_gs */
void *main_loop_thread(void *opaque) HF_ROLE_ENTRY(main_loop); /* hf:role:main_loop */

int HF_COROUTINE_FN co_read(Stream *s);                  /* hf:coroutine */
int HF_NO_COROUTINE_FN blocking_read(Stream *s);         /* hf:no_coroutine */
int HF_COROUTINE_MIXED_FN any_read(Stream *s);           /* hf:coroutine_mixed */
int HF_CO_WRAPPER do_read(Stream *s);                    /* hf:co_wrapper */
int HF_CO_WRAPPER_MIXED do_any(Stream *s);               /* hf:co_wrapper_mixed */
int HF_CO_WRAPPER_BDRV_RDLOCK do_rd(Stream *s);          /* hf:co_wrapper:bdrv_rdlock */
int HF_CO_WRAPPER_MIXED_BDRV_RDLOCK do_mixed(Stream *s); /* hf:co_wrapper_mixed:bdrv_rdlock */
int HF_COROUTINE_FN                                      /* hf:coroutine */
HF_GRAPH_RDLOCK co_len(Stream *s);                       /* hf:requires_shared:graph_lock */
void HF_GRAPH_WRLOCK attach(Stream *s);                  /* hf:requires:graph_lock */
void HF_GRAPH_UNLOCKED drain_all(void);                  /* hf:excludes:graph_lock */

int *view_get(Stream *s) HF_RCU_READ;        /* hf:requires_shared:hf_rcu_read */
void *queue_pop(Stream *s) HF_PAIR_OPEN(element, ret);   /* hf:pair_open:element, ret */
void queue_push(Stream *s, void *e) HF_PAIR_CLOSE(element, e); /* hf:pair_close:element, e */

void HF_NO_ANALYSIS stream_reset(Stream *s); /* hf:no_analysis */
void HF_NO_ANALYSIS stream_reset(Stream *s) /* hf:no_analysis */
{
    s->fd = 0;
}

int HF_NO_TSA stream_sniff(Stream *s);
int HF_NO_TSA stream_sniff(Stream *s)
{
    return s->fd;
}

int stream_get(Stream *s)
{
    return s->fd;
}

int stream_copy(Stream *s, StreamEntry *entry);
int stream_copy(Stream *s, StreamEntry *entry)
{
    int fd;

    HF_GLOBAL_STATE_CODE(); /* hf:hf_mark_global_state_code */
    machine_stop();
    HF_ASSERT_HELD(&s->lock); /* hf:hf_mark_assert_held */
    fd = s->fd;
    HF_INTENTIONAL(MISSING_LOCK, "sole_writer: nobody else sets it"); /* hf:hf_mark_intentional */
    *s->data = 'x';
    return fd + entry(s);
}

int stream_peek(Stream *s);
int stream_peek(Stream *s)
{
    HF_IO_CODE();       /* hf:hf_mark_io_code */
    HF_IO_OR_GS_CODE(); /* hf:hf_mark_io_or_gs_code */
    HF_ASSERT_HELD_SHARED(&s->lock); /* hf:hf_mark_assert_shared */
    return s->fd + stream_get(s);
}
