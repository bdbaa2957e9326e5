/* SPDX-License-Identifier: MIT */
// profile: glib
/* A user of the library. */
typedef struct _GAsyncQueue GAsyncQueue;

void g_async_queue_lock(GAsyncQueue *queue);
void g_async_queue_unlock(GAsyncQueue *queue);
void g_async_queue_push_unlocked(GAsyncQueue *queue, void *data);

void put_two(GAsyncQueue *queue, void *a, void *b)
{
    g_async_queue_lock(queue);
    g_async_queue_push_unlocked(queue, a);
    g_async_queue_unlock(queue);
    g_async_queue_push_unlocked(queue, b); // expect: LOCK_CONTRACT
}
