/* SPDX-License-Identifier: MIT */
// profile: glib
/* The library itself, of which the profile says what its users know. */
typedef struct _GMutex { int p; } GMutex;
typedef struct _GAsyncQueue {
    GMutex mutex;
    int n;
} GAsyncQueue;

void g_mutex_lock(GMutex *m);
void g_mutex_unlock(GMutex *m);

void g_async_queue_push_unlocked(GAsyncQueue *queue, void *data)
{
    queue->n += data != 0;
}

void g_async_queue_push(GAsyncQueue *queue, void *data)
{
    g_mutex_lock(&queue->mutex);
    g_async_queue_push_unlocked(queue, data);
    g_mutex_unlock(&queue->mutex);
}
